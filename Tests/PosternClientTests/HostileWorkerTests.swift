import PosternSys
import PosternWire
import Testing

@testable import PosternClient

extension ClientTests {
    /// A worker that breaks the protocol is told from one that ends well: 125, and why.
    @Suite struct HostileWorkerTests {
        struct Attack: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let bytes: [UInt8]
            let reason: String
        }

        static func exit(_ stdout: UInt64 = 0) -> [UInt8] {
            var exit = Exit(status: .code(0))
            exit.stdout = stdout
            return FrameEncoder.frame(.exit, exit.encode())
        }

        /// After STARTED.
        static let attacks = [
            Attack(testDescription: "an unknown frame", bytes: [0x7F], reason: "unknown frame"),
            Attack(testDescription: "a frame only clients send", bytes: [0x10], reason: "not expected"),
            Attack(
                testDescription: "a data frame over 64 KiB", bytes: [0x21, 0, 1, 0, 1],
                reason: "cannot be 65537"),
            Attack(
                testDescription: "a length of 4 GiB", bytes: [0x23, 255, 255, 255, 255],
                reason: "cannot be 4294967295"),
            Attack(testDescription: "an empty data frame", bytes: [0x21, 0, 0, 0, 0], reason: "cannot be 0"),
            Attack(
                testDescription: "fields without an end", bytes: FrameEncoder.frame(.exit, bytes("code=0")),
                reason: "not key=value"),
            Attack(
                testDescription: "an unknown field",
                bytes: FrameEncoder.frame(.exit, bytes("code=0\0colour=red\0")),
                reason: "'colour'"),
            Attack(
                testDescription: "an exit with code and signal",
                bytes: FrameEncoder.frame(.exit, bytes("code=0\0signal=9\0")), reason: "twice"),
            Attack(
                testDescription: "data after EXIT",
                bytes: exit() + FrameEncoder.frame(.stdout, bytes("late")),
                reason: "not expected"),
            Attack(testDescription: "a second EXIT", bytes: exit() + exit(), reason: "not expected"),
            Attack(
                testDescription: "an EXIT that counts output nobody got", bytes: exit(5), reason: "'stdout'"),
            Attack(
                testDescription: "stdin consumed that was not sent",
                bytes: FrameEncoder.frame(.window, WindowUpdate(consumed: 1, limit: 1 << 20).encode()),
                reason: "'consumed'"),
            Attack(
                testDescription: "a stdin limit that goes back",
                bytes: FrameEncoder.frame(.window, WindowUpdate(consumed: 0, limit: 5).encode()),
                reason: "'limit'"),
        ]

        @Test(arguments: attacks)
        func `a worker that breaks the protocol is named and ends in 125`(attack: Attack) throws {
            var client = try RunningClient()
            try client.start()
            try client.send(attack.bytes)
            let outcome = try client.finish()
            guard case .broken(let why) = outcome.ending else {
                Issue.record("\(outcome)")
                return
            }
            #expect(why.contains(attack.reason))
            #expect(outcome.exitCode.rawValue == 125)
            #expect(outcome.message?.contains("pid 42") == true)
        }

        @Test func `frames before STARTED are refused`() throws {
            for frame in [FrameKind.stdout, .exit, .notice, .window, .ping] {
                var client = try RunningClient()
                _ = try client.expect(.open)
                try client.send(frame, [65])
                guard case .broken = try client.finish().ending else {
                    Issue.record("\(frame) was taken")
                    continue
                }
            }
        }

        @Test func `a second STARTED and one of another session are refused`() throws {
            var client = try RunningClient()
            try client.start()
            try client.send(
                .started, Started(session: client.request.session, pid: 1, tty: nil, limit: 9).encode())
            guard case .broken = try client.finish().ending else { throw TimedOut() }

            var other = try RunningClient()
            _ = try other.expect(.open)
            try other.send(.started, Started(session: .random(), pid: 1, tty: nil, limit: 9).encode())
            guard case .broken(let why) = try other.finish().ending else { throw TimedOut() }
            #expect(why.contains("'session'"))
        }

        @Test func `stderr from a session with a terminal is refused`() throws {
            var client = try RunningClient { $0.terminal = .init(type: nil, size: nil) }
            try client.start()
            try client.send(.stderr, bytes("x"))
            guard case .broken = try client.finish().ending else { throw TimedOut() }
        }

        @Test func `one byte more than the window allows is refused, all of it is taken`() throws {
            var client = try RunningClient()
            try client.start()
            let frame = [UInt8](repeating: 120, count: Limits.data)
            // Nobody reads stdout: what its pipe does not hold waits in the client.
            for _ in 0..<OutputWindow.size / Limits.data { try client.send(.stdout, frame) }
            try client.send(.ping, bytes("in order"))
            #expect(try client.expect(.pong) == bytes("in order"))
            try client.send(.stdout, [121])
            try discard(OutputWindow.size, from: client.stdout)
            guard case .broken(let why) = try client.finish().ending else { throw TimedOut() }
            #expect(why.contains("window"))
        }

        @Test(arguments: [0, 3, 7])
        func `an end of the connection without EXIT is connection lost and 125`(cut: Int) throws {
            var client = try RunningClient()
            try client.start()
            try client.send(.stdout, bytes("known"))
            try client.send(Array(FrameEncoder.frame(.exit, Exit(status: .code(0)).encode()).prefix(cut)))
            client.worker = nil
            let outcome = try client.finish()
            guard case .lost = outcome.ending else { throw TimedOut() }
            #expect(outcome.exitCode.rawValue == 125)
            #expect(outcome.message?.contains("5 bytes of output") == true)
            #expect(try client.readOutput() == "known")
        }

        @Test func `an end of the connection before STARTED is connection lost and 125`() throws {
            var client = try RunningClient()
            _ = try client.expect(.open)
            client.worker = nil
            let outcome = try client.finish()
            guard case .lost = outcome.ending else { throw TimedOut() }
            #expect(outcome.started == nil)
            #expect(outcome.message?.contains("before the guest answered") == true)
        }

        @Test func `pings that are never read do not fill memory, and all are answered`() throws {
            var client = try RunningClient()
            try client.start()
            let payload = [UInt8](repeating: 112, count: Limits.control)
            // More than every buffer in between, but for ours here.
            let count = 100
            for _ in 0..<count { try client.send(.ping, payload) }
            for _ in 0..<count { #expect(try client.expect(.pong) == payload) }
            try client.send(Self.exit())
            _ = try client.expect(.bye)
            client.worker = nil
            #expect(try client.finish().exitCode == .command(0))
        }

        @Test func `row 29: texts of the worker reach the terminal without control characters`() throws {
            var client = try RunningClient()
            try client.start()
            try client.send(.notice, bytes("about=signal\0text=\u{1B}]0;evil\u{07}\0"))
            try client.send(.error, bytes("stage=stop\0text=\u{1B}[2J\0"))
            let outcome = try client.finish()
            #expect(outcome.message?.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
            #expect(try client.readErrors() == "postern: signal: \\x1b]0;evil\\x07\n")
        }
    }
}
