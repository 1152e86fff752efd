import Dispatch
import Glibc
import PosternSys
import PosternWire
import Synchronization
import Testing

@testable import PosternClient

extension ClientTests {
    /// Connections to real listeners.
    @Suite struct DialerTests {
        /// Dials in another thread.
        final class Dial: Sendable {
            private let done = DispatchSemaphore(value: 0)
            private let result = Mutex<Result<[UInt8], ConnectError>?>(nil)

            init(_ target: Target) {
                DispatchQueue.global().async { [self] in
                    let end = Self.dial(target)
                    result.withLock { $0 = end }
                    done.signal()
                }
            }

            /// The first bytes that came over the connection, or why there is none.
            func wait() throws -> Result<[UInt8], ConnectError> {
                guard done.wait(timeout: .now() + .milliseconds(deadline)) == .success,
                    let end = result.withLock({ $0 })
                else { throw TimedOut() }
                return end
            }

            private static func dial(_ target: Target) -> Result<[UInt8], ConnectError> {
                do throws(ConnectError) {
                    let socket = try Dialer.connect(to: target)
                    var queue = ByteQueue(capacity: 64)
                    // Nothing that comes is no bytes, which no test expects.
                    try? awaitInput(socket)
                    _ = try? queue.fillSocket(from: socket)
                    return .success(queue.copy())
                } catch {
                    return .failure(error)
                }
            }
        }

        private final class Held {
            let fd: OwnedFD
            init(_ fd: consuming OwnedFD) { self.fd = fd }
        }

        private func line(_ socket: borrowing OwnedFD) throws -> String {
            var queue = ByteQueue(capacity: 64)
            try awaitInput(socket)
            _ = try queue.fillSocket(from: socket)
            return String(decoding: queue.copy(), as: UTF8.self)
        }

        @Test
        func `the handshake is one write, an end before OK is tried again, and nothing after OK is eaten`()
            throws
        {
            let listener = try Listener()
            let dial = Dial(.mux(path: listener.path, port: 722))
            for _ in 0..<2 {
                let refused = try listener.accept()
                #expect(try line(refused) == "CONNECT 722\n")
            }
            let taken = try listener.accept()
            #expect(try line(taken) == "CONNECT 722\n")
            try Files.writeAll(bytes("OK 1073741824\nhello"), to: taken)
            #expect(try dial.wait() == .success(bytes("hello")))
        }

        @Test func `an answer that is not OK is shown and not tried again`() throws {
            let listener = try Listener()
            let target = Target.mux(path: listener.path, port: 722)
            let dial = Dial(target)
            let connection = try listener.accept()
            try Files.writeAll(bytes("HTTP/1.1 400\n"), to: connection)
            #expect(try dial.wait() == .failure(.badAnswer(target, bytes("HTTP/1.1 400"))))
        }

        @Test func `a listener that has as many waiting as it takes is asked again`() throws {
            let listener = try Listener()
            var waiting: [Held] = []
            var isFull = false
            while !isFull {
                do throws(SysError) {
                    waiting.append(Held(try Sockets.connectUnix(path: listener.path)))
                } catch {
                    #expect(error.errno == .again)
                    isFull = true
                }
            }
            let dialer = Dialer(.unix(path: listener.path))
            for _ in waiting { _ = try listener.accept() }
            let connection = try dialer.connect()
            let taken = try listener.accept()
            try Files.writeAll(bytes("hello"), to: taken)
            #expect(try line(connection) == "hello")
        }

        @Test func `a missing socket is named, with a remedy`() {
            let target = Target.unix(path: bytes("/nonexistent/postern.sock"))
            do throws(ConnectError) {
                _ = try Dialer.connect(to: target)
                Issue.record("connected")
            } catch {
                #expect(error.description.contains("unix:/nonexistent/postern.sock"))
                #expect(error.description.contains("ENOENT"))
                #expect(error.description.contains("postern.socket"))
            }
        }

        @Test func `a wish that the worker does not know is dropped once, with the same session id`() throws {
            let listener = try Listener()
            var request = SessionClient.newRequest()
            request.claimedReason = bytes("because")
            request.claimedOperator = bytes("me")
            var client = SessionClient(target: .unix(path: listener.path), request: request)
            client.options.takesSignals = false
            let (asking, box) = (client, RunningClient.Box())
            DispatchQueue.global().async {
                var streams = StandardStreams(input: nil, output: nil, error: nil)
                let outcome = asking.run(&streams)
                box.value.withLock { $0 = outcome }
                box.done.signal()
            }
            let first = try Self.open(try listener.accept(), refuse: "reason")
            let second = try Self.open(try listener.accept(), refuse: "reason")
            #expect(first.claimedReason == bytes("because"))
            #expect(second.claimedReason == nil)
            #expect(second.claimedOperator == bytes("me"))
            #expect(first.session == second.session)
            #expect(box.done.wait(timeout: .now() + .milliseconds(deadline)) == .success)
            // Refused again for a wish it no longer has: that is the end.
            guard case .refused? = box.value.withLock({ $0 })?.ending else { throw TimedOut() }
        }

        /// Reads an OPEN and answers that a field of it is unknown.
        private static func open(_ socket: consuming OwnedFD, refuse field: String) throws -> OpenRequest {
            var decoder = FrameDecoder(from: .client)
            var queue = ByteQueue(capacity: 4096)
            while true {
                try awaitInput(socket)
                _ = try queue.fillSocket(from: socket)
                var position = 0
                let received = queue.copy()
                queue.removeAll()
                guard case .control(.open, let payload)? = try decoder.next(in: received.span, at: &position)
                else {
                    continue
                }
                let report = ErrorReport(
                    stage: .open, field: field, text: WireError.unknownField(Array(field.utf8)).description)
                try Files.writeAll(FrameEncoder.frame(.error, report.encode()), to: socket)
                return try OpenRequest(payload)
            }
        }
    }
}
