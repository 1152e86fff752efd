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

        @Test func `A lock is looked at without being taken`() throws {
            try withDirectory { directory in
                let path = directory + "/lock"
                #expect(try FileLock.state(path) == .missing)
                #expect(try FileLock.isFree(path))
                #expect(!Files.exists(path))
                let lock = try FileLock.take(path)
                for _ in 0..<2 { #expect(try FileLock.state(path) == .held) }
                #expect(try !FileLock.isFree(path))
                _ = consume lock
                for _ in 0..<2 { #expect(try FileLock.state(path) == .free) }
                #expect(try FileLock.isFree(path))
                let again = try FileLock.take(path)
                try Files.remove(path)
                #expect(try FileLock.state(path) == .missing)
                _ = consume again
            }
        }

        @Test func `What is written under a lock replaces all that was there`() throws {
            try withDirectory { directory in
                let path = directory + "/lock"
                try Files.create(bytes("what a dead worker left"), at: path)
                let lock = try FileLock.take(path)
                try lock?.write(bytes("longer"))
                try lock?.write(bytes("short"))
                #expect(try Files.readSmall(path, limit: 100) == bytes("short"))
                _ = consume lock
            }
        }

        @Test func `A lock is not taken through a link`() throws {
            try withDirectory { directory in
                try Files.create([], at: directory + "/file")
                _ = try run(shell("ln -s file \(directory)/link"))
                #expect(throws: SysError(call: "open", errno: Errno(rawValue: ELOOP))) {
                    _ = try FileLock.take(directory + "/link")
                }
                #expect(throws: SysError(call: "open", errno: Errno(rawValue: ELOOP))) {
                    _ = try FileLock.state(directory + "/link")
                }
            }
        }

        @Test func `A file has a size and an age, in whole seconds, and the future is no age`() throws {
            try withDirectory { directory in
                let path = directory + "/a"
                #expect(try Files.facts(path) == nil)
                try Files.create(bytes("hello"), at: path)
                let fresh = try #require(try Files.facts(path))
                #expect(fresh.size == 5 && fresh.age < 5)
                _ = try run(shell("touch -d '100 seconds ago' \(path)"))
                let old = try #require(try Files.facts(path))
                #expect((100...110).contains(old.age))
                _ = try run(shell("touch -d 'tomorrow' \(path)"))
                #expect(try Files.facts(path)?.age == 0)
                // Of a link, not of what it leads to.
                _ = try run(shell("ln -s /no/such/file \(directory)/link"))
                #expect(try Files.facts(directory + "/link")?.size == 13)
            }
        }

        @Test func `Names are counted, and listed in parts that make up the whole`() throws {
            try withDirectory { directory in
                for name in ["id-1", "id-2", "id-3", "name-1", "i"] {
                    try Files.create([], at: directory + "/" + name)
                }
                #expect(try Files.count(directory, prefix: "id-") == (5, 3))
                let all = try Files.list(directory)
                #expect(Set(all) == ["id-1", "id-2", "id-3", "name-1", "i"])
                #expect(try Files.list(directory, atMost: 2) == Array(all[..<2]))
                #expect(try Files.list(directory, after: 2, atMost: 2) == Array(all[2..<4]))
                #expect(try Files.list(directory, after: 4, atMost: 2) == Array(all[4...]))
                #expect(try Files.list(directory, after: 5).isEmpty)
                #expect(throws: SysError(call: "open", errno: .noEntry)) {
                    _ = try Files.count(directory + "/none", prefix: "")
                }
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
