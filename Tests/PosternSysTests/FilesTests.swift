import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct SmallFiles {
        @Test func `A lock is held by one open file at a time and freed with it`() throws {
            try withDirectory { directory in
                let path = directory + "/lock"
                func isFree() throws -> Bool {
                    switch try FileLock.take(path) {
                    case .some: true
                    case .none: false
                    }
                }
                let first = try FileLock.take(path)
                #expect(try !isFree())
                #expect(try !FileLock.removeIfFree(path))
                _ = consume first
                #expect(try isFree())
                #expect(try FileLock.removeIfFree(path))
                #expect(try !FileLock.removeIfFree(path))
            }
        }

        @Test func `A file is read whole or not at all`() throws {
            try withDirectory { directory in
                try Files.write(bytes("hello"), to: directory + "/a")
                #expect(try Files.readSmall(directory + "/a", limit: 5) == bytes("hello"))
                #expect(throws: SysError(call: "read", errno: Errno(rawValue: EFBIG))) {
                    try Files.readSmall(directory + "/a", limit: 4)
                }
                #expect(try Files.readSmall(directory + "/b", limit: 4) == nil)
                #expect(throws: SysError(call: "open", errno: .alreadyExists)) {
                    try Files.create([], at: directory + "/a")
                }
                #expect(try Files.list(directory) == ["a"])
                try Files.makeDirectory(directory, mode: 0o700)
                try Files.remove(directory + "/a")
                try Files.remove(directory + "/a")
                #expect(!Files.exists(directory + "/a"))
            }
        }

        @Test func `The boot has an id`() {
            #expect(Kernel.bootID()?.count == 36)
        }

        @Test func `Users are found by name and number, and a bare number is one`() throws {
            let root = try #require(try Users.user(named: bytes("root")))
            #expect(root.uid == 0 && root.gid == 0 && root.isKnown)
            #expect(try Users.user(named: bytes("0")) == root)
            #expect(try Users.user(named: bytes("no-such-user")) == nil)
            #expect(try Users.user(named: bytes("4294967295")) == nil)
            #expect(try Users.user(named: bytes("99999999999")) == nil)
            let bare = try #require(try Users.user(named: bytes("54321")))
            #expect(bare.uid == 54321 && bare.gid == 65534 && bare.home == bytes("/") && !bare.isKnown)
            #expect(Users.supplementaryGroups(of: bare) == [65534])
            #expect(Users.supplementaryGroups(of: root).contains(0))
            #expect(try Users.group(bytes("tty")) == 5)
            #expect(try Users.group(bytes("no-such-group")) == nil)
            #expect(try Users.group(bytes("777")) == 777)
        }
    }
}
