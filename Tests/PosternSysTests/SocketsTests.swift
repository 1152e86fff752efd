import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct Connections {
        @Test func `A Unix peer is known by its credentials`() throws {
            try withDirectory { directory in
                let listener = try Sockets.listenUnix(path: bytes(directory + "/s"))
                #expect(Sockets.isListening(listener) == true)
                let none = try Sockets.accept(from: listener)
                if case .some = none { Issue.record("accepted nobody") }
                let client = try Sockets.connectUnix(path: bytes(directory + "/s"))
                let accepted = try Sockets.accept(from: listener)
                guard let server = accepted else { throw TimedOut() }
                #expect(Sockets.isListening(server) == false)
                #expect(try Sockets.peerAddress(of: server) == .unix)
                let peer = try #require(try Sockets.peerCredentials(of: server))
                #expect(peer.pid == getpid() && peer.uid == getuid() && peer.gid == getgid())
                Sockets.shutdownBoth(server)
                #expect(try readToEnd(client) == [])
            }
        }

        @Test func `A path too long for a socket is refused, not cut`() {
            #expect(throws: SysError(call: "connect", errno: .nameTooLong)) {
                _ = try Sockets.connectUnix(path: [UInt8](repeating: 97, count: 108))
            }
            #expect(throws: SysError(call: "connect", errno: .noEntry)) {
                _ = try Sockets.connectUnix(path: bytes("/no/such/socket"))
            }
        }

        @Test func `A listener whose backlog is full is told at once to whoever does not wait`() throws {
            try withDirectory { directory in
                let listener = try Sockets.listenUnix(path: bytes(directory + "/s"))
                var waiting: [Held] = []
                func call() throws(SysError) {
                    waiting.append(Held(try Sockets.connectUnix(path: bytes(directory + "/s"))))
                }
                var failure: SysError?
                while failure == nil {
                    do throws(SysError) { try call() } catch { failure = error }
                }
                #expect(failure == SysError(call: "connect", errno: .again))
                #expect(try waiting.first?.fd.isNonBlocking() == true)
                // One is taken, and there is a place.
                let count = waiting.count
                guard case .some = try Sockets.accept(from: listener) else { throw TimedOut() }
                try call()
                #expect(waiting.count == count + 1)
                #expect(throws: SysError(call: "connect", errno: .again)) { try call() }
            }
        }

        private final class Held {
            let fd: OwnedFD
            init(_ fd: consuming OwnedFD) { self.fd = fd }
        }

        @Test func `A descriptor travels with its bytes, and a second one is dropped`() throws {
            let pair = try SocketPair(packets: true)
            let pipe = try Pipe()
            #expect(try Sockets.send(bytes("take"), with: pipe.writeEnd, over: pair.first) == 4)
            var received = try Sockets.receive(from: pair.second, atMost: 100)
            #expect(received.bytes == bytes("take"))
            let taken = received.descriptor.take()
            guard let copy = taken else { throw TimedOut() }
            _ = consume pair
            var queue = ByteQueue(capacity: 10)
            queue.append(bytes("x"))
            _ = try queue.drain(to: copy)
            #expect(try read(pipe.readEnd, until: "x") == "x")
        }

        @Test func `An adopted descriptor becomes nonblocking and stays out of children`() throws {
            let null = try Files.null()
            let number = dup(null.raw)
            let fd = try Sockets.adopt(inherited: number)
            #expect(try fd.isNonBlocking())
            #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
            #expect(throws: SysError(call: "fcntl", errno: .badDescriptor)) {
                _ = try Sockets.adopt(inherited: 999)
            }
        }
    }
}
