import PosternSys
import PosternWire
import Testing

@testable import PosternClient

extension ClientTests {
    /// Questions and orders, without a session of one's own.
    @Suite struct InquiryTests {
        static let id = SessionID(high: 0x4F1C_0000_0000_0001, low: 2)

        static func session(_ change: (inout SessionInfo) -> Void = { _ in }) -> SessionInfo {
            var info = SessionInfo(session: id, state: .detached)
            info.name = bytes("back\u{1B}up")
            info.user = bytes("root")
            info.arguments = [bytes("tar"), bytes("c"), [0xFF]]
            (info.pid, info.tty) = (42, "/dev/pts/1")
            info.started = WallClock.microseconds() - 300_500_000
            info.idle = 3_000_000
            (info.start, info.offset) = (0, 1500)
            (info.stdin, info.stdout, info.stderr) = (10, 1000, 500)
            change(&info)
            return info
        }

        static func answer(_ command: borrowing RunningCommand, _ sessions: [SessionInfo]) throws {
            for session in sessions { try command.send(.session, session.encode()) }
            try command.send(.session)
        }

        @Test func `ps shows a table, aligned and without control characters, and says BYE`() throws {
            var command = try RunningCommand(["ps", "@"])
            try command.accept()
            #expect(try ListRequest(try command.expect(.list)) == ListRequest())
            var other = Self.session {
                $0.state = .ended
                $0.name = nil
                $0.arguments = []
                $0.exit = Exit(status: .code(3))
            }
            other.session = SessionID(high: 7, low: 7)
            var held = Self.session { ($0.state, $0.writer, $0.mirrors) = (.attached, "root@host", 2) }
            held.name = bytes("b")
            try Self.answer(command, [Self.session(), other, held])
            _ = try command.expect(.bye)
            command.worker = nil
            let end = try command.finish()
            #expect(end.code == .code(0))
            let lines = end.output.split(separator: "\n").map {
                $0.split(separator: "  ", omittingEmptySubsequences: true).map { $0.drop { $0 == " " } }
            }
            #expect(lines.count == 4)
            #expect(
                lines[0] == [
                    "SESSION", "NAME", "USER", "COMMAND", "STATE", "TTY", "PID", "STARTED", "IDLE", "IN",
                    "OUT", "ATTACHED",
                ])
            #expect(
                lines[1] == [
                    "4f1c00000000", "back\\x1bup", "root", "tar c \\xff", "detached", "/dev/pts/1", "42",
                    "5 minutes ago", "3 seconds", "10B", "1.5kB",
                ])
            #expect(lines[2].contains("ended (3)") && lines[2].contains("(shell)"))
            #expect(lines[3].last == "root@host +2")
        }

        @Test func `ps -q shows ids only, and --json everything`() throws {
            var quiet = try RunningCommand(["ps", "-q", "@"])
            try quiet.accept()
            _ = try quiet.expect(.list)
            try Self.answer(quiet, [Self.session()])
            #expect(try quiet.finish().output == "4f1c00000000\n")

            var command = try RunningCommand(["ps", "--json", "@"])
            try command.accept()
            _ = try command.expect(.list)
            try Self.answer(command, [Self.session { $0.started = 5 }])
            let json = try command.finish().output
            #expect(
                json.hasPrefix("[\n{\"session\":\"4f1c0000000000010000000000000002\",\"state\":\"detached\""))
            #expect(json.contains("\"name\":\"back\\\\x1bup\""))
            #expect(json.contains("\"command\":[\"tar\",\"c\",\"\\\\xff\"]"))
            #expect(json.contains("\"started_usec\":5,") && json.hasSuffix("\"stderr_bytes\":500}\n]\n"))

            var empty = try RunningCommand(["ps", "--json", "@"])
            try empty.accept()
            _ = try empty.expect(.list)
            try Self.answer(empty, [])
            #expect(try empty.finish().output == "[]\n")
        }

        @Test func `status asks for one session and shows all of it`() throws {
            var command = try RunningCommand(["status", "@", "4f1c"])
            try command.accept()
            #expect(try ListRequest(try command.expect(.list)).session == bytes("4f1c"))
            try Self.answer(command, [Self.session { $0.exit = Exit(status: .signal(9)) }])
            let end = try command.finish()
            #expect(end.code == .code(0))
            #expect(end.output.hasPrefix("Session: 4f1c0000000000010000000000000002\nName: back\\x1bup\n"))
            #expect(end.output.contains("\nHeld output: 0 to 1500\n"))
            #expect(end.output.contains("\nExit status: 137\n"))
        }

        @Test func `kill sends the signal as it was written, and names who got it`() throws {
            var command = try RunningCommand(["kill", "-s", "USR1", "--scope", "all", "@", "backup"])
            try command.accept()
            let order = try OrderRequest(try command.expect(.order))
            #expect(order.session == bytes("backup"))
            #expect(order.deed == .signal(SignalRequest(signal: bytes("USR1"), scope: .all)))
            #expect(order.claimedOperator?.contains(UInt8(ascii: "@")) == true)
            try Self.answer(command, [Self.session()])
            _ = try command.expect(.bye)
            let end = try command.finish()
            #expect(end.code == .code(0))
            #expect(end.output == "4f1c00000000\n")
        }

        @Test func `a worker that does not want to know who asks is asked without`() throws {
            var command = try RunningCommand(["rm", "@", "backup"])
            try command.accept()
            _ = try command.expect(.order)
            try command.send(
                .error,
                ErrorReport(stage: .open, field: "operator", text: "unknown field 'operator'").encode())
            try command.accept()
            let order = try OrderRequest(try command.expect(.order))
            #expect(order.claimedOperator == nil && order.deed == .remove)
            try Self.answer(command, [Self.session { $0.state = .ended }])
            #expect(try command.finish().code == .code(0))
        }

        @Test func `wait answers PING, and prints one exit code for each session`() throws {
            var command = try RunningCommand(["wait", "@", "one", "two", "three"])
            for (name, status) in [("one", Exit.Status.code(3)), ("two", .signal(15))] {
                try command.accept()
                let order = try OrderRequest(try command.expect(.order))
                #expect(order.session == bytes(name) && order.deed == .wait)
                try command.send(.ping, bytes("still"))
                #expect(try command.expect(.pong) == bytes("still"))
                try Self.answer(
                    command,
                    [
                        Self.session {
                            $0.state = .ended
                            $0.exit = Exit(status: status)
                        }
                    ])
                _ = try command.expect(.bye)
            }
            try command.accept()
            _ = try command.expect(.order)
            try command.send(.error, ErrorReport(stage: .session, text: "no session 'three'").encode())
            let end = try command.finish()
            #expect(end.code == .code(125))
            #expect(end.output == "3\n143\n")
            #expect(end.errors == "Error: three: no session 'three'\n")
        }

        @Test(arguments: [
            FrameEncoder.frame(.stdout, [65]), FrameEncoder.frame(.exit, bytes("code=0\0")),
            FrameEncoder.frame(.session, bytes("state=ended\0")), FrameEncoder.frame(.session), [0x7F],
        ])
        func `an answer that is none is 125 and says so`(answer: [UInt8]) throws {
            var command = try RunningCommand(["kill", "@", "x"])
            try command.accept()
            _ = try command.expect(.order)
            switch command.worker {
            case .none: throw TimedOut()
            case .some(let worker): try worker.send(answer)
            }
            let end = try command.finish()
            #expect(end.code == .code(125))
            #expect(end.errors.contains("broke the protocol"))
        }

        @Test func `a connection that ends without an answer is 125`() throws {
            var command = try RunningCommand(["ps", "@"])
            try command.accept()
            _ = try command.expect(.list)
            try command.send(.session, Self.session().encode())
            command.worker = nil
            let end = try command.finish()
            #expect(end.code == .code(125))
            #expect(end.output == "")
            #expect(end.errors.contains("connection lost"))
        }
    }
}

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "0B"), (999, "999B"), (1000, "1kB"), (1500, "1.5kB"), (15_900, "15kB"), (2_000_000, "2MB"),
            (.max, "18EB"),
        ] as [(UInt64, String)])
    func `sizes are podman's`(count: UInt64, text: String) { #expect(Quantity.bytes(count) == text) }

    @Test(
        arguments: [
            (0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7200, "2 hours"),
            (172_800, "2 days"),
        ] as [(UInt64, String)])
    func `times are podman's`(seconds: UInt64, text: String) {
        #expect(Quantity.span(seconds * 1_000_000) == text)
    }

    @Test func `what a guest says of tomorrow is now`() {
        #expect(Quantity.ago(.max, now: 5) == "0 seconds ago")
    }
}
