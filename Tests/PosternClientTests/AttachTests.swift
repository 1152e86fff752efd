import PosternSys
import PosternWire
import Testing

@testable import PosternClient

extension ClientTests {
    /// Sessions that are there already, and terminals that come and go.
    @Suite struct AttachTests {
        static let session = SessionID(high: 0x0123_4567_89AB_CDEF, low: 5)

        static func exit(_ stdout: UInt64, code: UInt8 = 0) -> [UInt8] {
            var exit = Exit(status: .code(code))
            exit.stdout = stdout
            return exit.encode()
        }

        @Test func `attach asks for the session as it was named, with a token of its own`() throws {
            var command = try RunningCommand(["attach", "--take-over", "--since", "7", "@", "backup"])
            try command.accept()
            let attach = try AttachRequest(try command.expect(.attach))
            #expect(attach.session == bytes("backup"))
            #expect(attach.token != nil && attach.takeOver && !attach.readOnly)
            #expect(attach.offset == 7 && attach.window == 1 << 20 && attach.connection == 1)
            try command.answer(Self.session) { $0.offset = 100 }
            try command.send(.stdout, bytes("output"))
            try command.accept()
            let again = try AttachRequest(try command.expect(.attach))
            #expect(again.session == bytes(Self.session.text))
            #expect(again.token == attach.token && again.connection == 2 && !again.takeOver)
            #expect(again.offset == 106)
            try command.answer(Self.session) { $0.offset = 106 }
            try command.send(.exit, Self.exit(106, code: 9))
            _ = try command.expect(.bye)
            command.worker = nil
            let end = try command.finish()
            #expect(end.code == .code(9))
            #expect(end.output == "output")
            #expect(end.errors == "postern: 93 bytes of output were dropped while nobody was attached\n")
        }

        @Test func `a session that another writer holds is refused in the guest's words`() throws {
            var command = try RunningCommand(["attach", "@", "backup"])
            try command.accept()
            _ = try command.expect(.attach)
            let text = "held by root@host since 12:00"
            try command.send(.error, ErrorReport(stage: .session, text: text).encode())
            let end = try command.finish()
            #expect(end.code == .code(125))
            #expect(end.errors == "Error: \(text)\n")
        }

        @Test func `a mirror sends nothing but WINDOW and BYE, tells of gaps, and has the session's code`()
            throws
        {
            var command = try RunningCommand(["attach", "--read-only", "@", "0123"])
            try command.accept()
            let attach = try AttachRequest(try command.expect(.attach))
            #expect(attach.readOnly && attach.token == nil && attach.offset == nil)
            try command.answer(Self.session) { $0.offset = 50 }
            try command.send(.stdout, bytes("seen"))
            try command.send(.gap, Gap(offset: 5_000_000).encode())
            guard let first = try command.worker?.expect(.window) else { throw TimedOut() }
            #expect(try WindowUpdate(first).consumed == 5_000_000)
            try command.send(.stderr, bytes("err"))
            try command.send(.exit, Self.exit(5_000_003, code: 4))
            _ = try command.expect(.bye)
            command.worker = nil
            let end = try command.finish()
            #expect(end.code == .code(4))
            #expect(end.output == "seen")
            #expect(end.errors == "postern: 4999946 bytes were skipped\nerr")
        }

        @Test func `SIGINT ends a mirror with BYE and 130, and the session hears nothing of it`() throws {
            var command = try RunningCommand(["attach", "--read-only", "@", "0123"])
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(Self.session)
            try command.send(.ping, [])
            _ = try command.expect(.pong)
            try command.child.signal(.int)
            _ = try command.expect(.bye)
            command.worker = nil
            #expect(try command.finish().code == .code(130))
        }

        @Test func `a gap is a mirror's alone`() throws {
            var command = try RunningCommand(["attach", "@", "0123"])
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(Self.session)
            try command.send(.gap, Gap(offset: 5).encode())
            #expect(try command.finish().code == .code(125))
        }

        @Test func `logs end where the replay does, and with -f where the session does`() throws {
            var command = try RunningCommand(["logs", "@", "backup"])
            try command.accept()
            #expect(try AttachRequest(try command.expect(.attach)).readOnly)
            try command.answer(Self.session) { ($0.offset, $0.replay) = (10, 16) }
            try command.send(.stdout, bytes("old"))
            try command.send(.stderr, bytes("errnew"))
            _ = try command.expect(.bye)
            command.worker = nil
            let end = try command.finish()
            #expect(end.code == .code(0))
            #expect(end.output == "old" && end.errors == "err")

            var follower = try RunningCommand(["logs", "-f", "@", "backup"])
            try follower.accept()
            _ = try follower.expect(.attach)
            try follower.answer(Self.session) { ($0.offset, $0.replay) = (0, 3) }
            try follower.send(.stdout, bytes("oldnew"))
            try follower.send(.exit, Self.exit(6, code: 4))
            _ = try follower.expect(.bye)
            follower.worker = nil
            let all = try follower.finish()
            #expect(all.code == .code(0))
            #expect(all.output == "oldnew")
        }

        @Test func `logs of a session that has put out nothing end at once`() throws {
            var command = try RunningCommand(["logs", "@", "backup"])
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(Self.session)
            _ = try command.expect(.bye)
            command.worker = nil
            #expect(try command.finish().code == .code(0))
        }

        @Test func `exec -d prints the session's id, says BYE, and leaves with 0`() throws {
            var command = try RunningCommand(["exec", "-d", "-i", "@", "sleep", "9"])
            try command.accept()
            let open = try OpenRequest(try command.expect(.open))
            #expect(open.detach && open.stdin && open.limit == 0 && open.linger == nil)
            try command.answer(open.session)
            _ = try command.expect(.bye)
            command.worker = nil
            let end = try command.finish()
            #expect(end.code == .code(0))
            #expect(end.output == open.session.text + "\n")
            #expect(end.errors == "")
        }

        @Test func `exec -d of a worker that keeps no sessions ends what it started, and is 125`() throws {
            var command = try RunningCommand(["exec", "-d", "@", "true"])
            try command.accept()
            let open = try OpenRequest(try command.expect(.open))
            try command.answer(open.session) { $0.features = [] }
            _ = try command.expect(.hangup)
            let end = try command.finish()
            #expect(end.code == .code(125))
            #expect(end.output == "")
            #expect(end.errors.contains("keeps no sessions"))
        }

        @Test func `an unanswered exec -d is asked again, for the same session`() throws {
            var command = try RunningCommand(["exec", "-d", "@", "true"])
            try command.accept()
            let open = try OpenRequest(try command.expect(.open))
            try command.accept()
            var again = try OpenRequest(try command.expect(.open))
            #expect(again.connection == 2)
            again.connection = 1
            #expect(again == open)
            try command.answer(open.session)
            _ = try command.expect(.bye)
            command.worker = nil
            #expect(try command.finish().output == open.session.text + "\n")
        }

        @Test(arguments: [
            ["exec", "-d", "--linger", "5", "@"], ["exec", "--detach-keys", "nonsense", "@"],
            ["attach", "@"], ["attach", "@", ""], ["attach", "--read-only", "--take-over", "@", "x"],
            ["attach", "--since", "x", "@", "x"], ["kill", "--scope", "some", "@", "x"], ["rm", "@"], ["ps"],
        ])
        func `what makes no sense is refused before anything is asked`(words: [String]) throws {
            var command = try RunningCommand(words)
            let end = try command.finish()
            #expect(end.code == .code(125))
            #expect(end.errors.contains("See 'postern \(words[0]) --help'"))
        }

        // MARK: - At a terminal

        @Test func `the detach keys are kept, what was typed before them is sent, and the session stays`()
            throws
        {
            var command = try RunningCommand(
                ["exec", "-it", "--linger", "60", "--detach-keys", "ctrl-p,ctrl-q", "@"], atTerminal: true)
            try command.accept()
            let open = try OpenRequest(try command.expect(.open))
            #expect(open.linger == 60)
            try command.answer(open.session) { $0.tty = "/dev/pts/1" }
            try command.send(.stdout, bytes("prompt"))
            _ = try command.read(until: "prompt")
            try command.type("ab\u{10}c\u{10}")
            #expect(try command.collect(4) == bytes("ab\u{10}c"))
            try command.type("\u{11}dropped")
            _ = try command.expect(.detach)
            // Too late to be told of: the next client is shown it.
            try command.send(.stdout, bytes("late"))
            try command.send(.session, SessionInfo(session: open.session, state: .detached).encode())
            _ = try command.expect(.bye)
            command.worker = nil
            let shown = try command.read(until: "returns")
            #expect(!shown.contains("late"))
            let target = "unix:" + String(decoding: command.listener.path, as: UTF8.self)
            #expect(
                shown.contains("detached; `postern attach \(target) \(open.session.text.prefix(12))` returns")
            )
            #expect(try command.finish().code == .code(0))
        }

        @Test func `before DETACH the worker is told what was shown`() throws {
            var command = try RunningCommand(
                ["attach", "--detach-keys", "a,b", "@", "x"], atTerminal: true)
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(Self.session) { ($0.tty, $0.stdin) = ("/dev/pts/1", true) }
            _ = try command.expect(.resize)
            try command.send(.stdout, bytes("shown"))
            _ = try command.read(until: "shown")
            try command.type("ab")
            var told: UInt64 = 0
            while case .control(let kind, let payload)? = try command.worker?.next() ?? nil, kind != .detach {
                if kind == .window { told = try WindowUpdate(payload).consumed }
            }
            #expect(told == 5)
            try command.send(.notice, Notice(about: "detach", text: "not here").encode())
            _ = try command.read(until: "postern: detach: not here")
            try command.type("x")
            #expect(try command.collect(1) == bytes("x"))
        }

        @Test func `replayed questions do not reach the terminal, new ones do`() throws {
            var command = try RunningCommand(["attach", "@", "x"], atTerminal: true)
            try command.accept()
            _ = try command.expect(.attach)
            let replay = bytes("old\u{1B}[c\u{1B}]11;?\u{07}screen")
            try command.answer(Self.session) {
                ($0.tty, $0.stdin, $0.replay) = ("/dev/pts/1", true, UInt64(replay.count))
            }
            #expect(try TerminalSize(try command.expect(.resize)).rows == 24)
            try command.send(.stdout, replay + bytes("\u{1B}[6nnew"))
            #expect(try command.read(until: "new").hasSuffix("oldscreen\u{1B}[6nnew"))
            // All of it counts as consumed.
            guard let window = try command.worker?.expect(.window) else { throw TimedOut() }
            #expect(try WindowUpdate(window).consumed == UInt64(replay.count + 7))
            try command.send(.exit, Self.exit(UInt64(replay.count + 7)))
            _ = try command.expect(.bye)
        }

        @Test
        func `a lost connection is one line at the top, gone when it is back, and the size is sent again`()
            throws
        {
            var command = try RunningCommand(["attach", "@", "x"], atTerminal: true)
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(Self.session) { ($0.tty, $0.stdin) = ("/dev/pts/1", true) }
            _ = try command.expect(.resize)
            try command.accept()
            _ = try command.expect(.attach)
            try command.accept()
            _ = try command.expect(.attach)
            let line = try command.read(until: "gives up)\u{1B}[0m\u{1B}8")
            #expect(
                line.contains(
                    "\u{1B}7\u{1B}[1;1H\u{1B}[2K\u{1B}[7mpostern: connection lost, reconnecting ... (^]"))
            try command.answer(Self.session) { ($0.tty, $0.stdin) = ("/dev/pts/1", true) }
            _ = try command.read(until: "\u{1B}7\u{1B}[1;1H\u{1B}[2K\u{1B}8")
            _ = try command.expect(.resize)
        }

        @Test func `^] three times gives up a session that is away, and the terminal is put back`() throws {
            var command = try RunningCommand(["attach", "@", "x"], atTerminal: true)
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(Self.session) { ($0.tty, $0.stdin) = ("/dev/pts/1", true) }
            _ = try command.expect(.resize)
            try command.type("")
            try Files.remove(String(decoding: command.listener.path, as: UTF8.self))
            command.worker = nil
            _ = try command.read(until: "gives up)")
            try command.type("\u{1D}\u{1D}\u{1D}")
            _ = try command.read(until: "given up after ^] was typed three times; the session was not told")
            try eventually { try command.isCooked() }
            #expect(try command.finish().code == .code(129))
        }
    }
}
