import PosternSys
import PosternWire
import Testing

@testable import PosternClient

extension ClientTests {
    /// A connection that is lost, and what the client does about it.
    @Suite struct ReconnectTests {
        static func lingering(_ change: (inout OpenRequest) -> Void = { _ in }) -> OpenRequest {
            var request = SessionClient.newRequest()
            request.linger = 60
            change(&request)
            return request
        }

        static func exit(_ stdout: UInt64) -> [UInt8] {
            var exit = Exit(status: .code(3))
            exit.stdout = stdout
            return exit.encode()
        }

        @Test func `a lingering session is found again, and output goes on where it was`() throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.send(.stdout, bytes("before "))
            #expect(try WindowUpdate(try client.expect(.window)).consumed == 7)
            try client.reconnect()
            let attach = try AttachRequest(try client.expect(.attach))
            #expect(attach.session == bytes(open.session.text))
            #expect(attach.token == open.token)
            #expect(attach.connection == 2)
            #expect(attach.offset == 7)
            #expect(attach.window == 1 << 20)
            #expect(attach.boot == SessionID(high: 1, low: 2))
            #expect(!attach.takeOver && !attach.readOnly)
            try client.answer(open.session) { $0.offset = 7 }
            try client.send(.stdout, bytes("after"))
            try client.send(.exit, Self.exit(12))
            _ = try client.expectPassingWindows(.bye)
            client.worker = nil
            #expect(try client.finish().exitCode == .command(3))
            #expect(try client.readOutput() == "before after")
            #expect(try client.readErrors() == "")
        }

        @Test func `what the worker had not consumed is sent again, exactly, and so is the end of stdin`()
            throws
        {
            let open = Self.lingering { $0.stdin = true }
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.type(bytes("0123456789"))
            #expect(try client.collect(.stdin, 10) == bytes("0123456789"))
            try client.send(.window, WindowUpdate(consumed: 3, limit: 1 << 17).encode())
            client.stdin = nil
            _ = try client.expect(.stdinEOF)
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.answer(open.session) { $0.consumed = 6 }
            #expect(try client.collect(.stdin, 4) == bytes("6789"))
            _ = try client.expect(.stdinEOF)
        }

        @Test func `what is typed while the connection is away is sent once it is back`() throws {
            let open = Self.lingering { $0.stdin = true }
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session, limit: 8)
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.type(bytes("0123456789"))
            try client.answer(open.session, limit: 8)
            #expect(try client.collect(.stdin, 8) == bytes("01234567"))
            try client.send(.window, WindowUpdate(consumed: 8, limit: 20).encode())
            #expect(try client.collect(.stdin, 2) == bytes("89"))
        }

        @Test(arguments: [2, 11] as [UInt64])
        func `a worker that claims stdin it cannot have breaks the protocol`(consumed: UInt64) throws {
            let open = Self.lingering { $0.stdin = true }
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.type(bytes("0123456789"))
            _ = try client.collect(.stdin, 10)
            try client.send(.window, WindowUpdate(consumed: 3, limit: 1 << 17).encode())
            try client.send(.ping, [])
            _ = try client.expect(.pong)
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.answer(open.session) { $0.consumed = consumed }
            guard case .broken(let why) = try client.finish().ending else { throw TimedOut() }
            #expect(why.contains("'consumed'"))
        }

        @Test func `an unanswered OPEN is repeated as it was, with the next connection's number`() throws {
            let open = Self.lingering { $0.arguments = [bytes("true")] }
            var client = try RunningClient(resuming: .open(open))
            #expect(try OpenRequest(try client.expect(.open)) == open)
            for connection in 2...3 {
                try client.reconnect()
                let again = try OpenRequest(try client.expect(.open))
                #expect(again.connection == UInt64(connection))
                #expect(again.session == open.session && again.token == open.token)
                #expect(again.limit == open.limit && again.arguments == open.arguments)
            }
            try client.answer(open.session)
            try client.send(.exit, Self.exit(0))
            _ = try client.expect(.bye)
        }

        @Test func `output that was dropped meanwhile is told of, and the rest is shown`() throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.send(.stdout, bytes("old"))
            _ = try client.expect(.window)
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.answer(open.session) { $0.offset = 1003 }
            try client.send(.stdout, bytes("new"))
            #expect(try WindowUpdate(try client.expect(.window)).consumed >= 1003)
            try client.send(.exit, Self.exit(1006))
            _ = try client.expectPassingWindows(.bye)
            client.worker = nil
            #expect(try client.finish().exitCode == .command(3))
            #expect(try client.readOutput() == "oldnew")
            #expect(
                try client.readErrors()
                    == "postern: 1000 bytes of output were dropped while nobody was attached\n")
        }

        @Test(arguments: [0, UInt64.max])
        func `an offset before what was received, or beyond all sense, is refused`(offset: UInt64) throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.send(.stdout, bytes("old"))
            _ = try client.expect(.window)
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.answer(open.session) { $0.offset = offset }
            guard case .broken(let why) = try client.finish().ending else { throw TimedOut() }
            #expect(why.contains("'offset'"))
        }

        @Test func `output that is received and not written is not asked for again`() throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            let frame = [UInt8](repeating: 120, count: Limits.data)
            // Nobody reads stdout: what its pipe does not hold waits in the client.
            for _ in 0..<16 { try client.send(.stdout, frame) }
            try client.send(.ping, [])
            _ = try client.expectPassingWindows(.pong)
            try client.reconnect()
            let attach = try AttachRequest(try client.expect(.attach))
            #expect(attach.offset == 1 << 20)
            #expect(attach.window <= 65536)
            try client.answer(open.session) { $0.offset = 1 << 20 }
            try client.send(.exit, Self.exit(1 << 20))
            try discard(1 << 20, from: client.stdout)
            _ = try client.expectPassingWindows(.bye)
        }

        @Test(
            arguments: [
                (.lost, "worker died"), (.rebooted, "rebooted"), (.takenOver, "taken over"),
                (.session, "held by root since noon"),
            ] as [(ErrorReport.Stage, String)])
        func `a session that cannot be had again ends in 125, and says why`(
            stage: ErrorReport.Stage, word: String
        ) throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.send(.error, ErrorReport(stage: stage, text: "held by root since noon").encode())
            let outcome = try client.finish()
            #expect(outcome.exitCode.rawValue == 125)
            #expect(outcome.message?.contains(word) == true)
        }

        @Test func `a session that does not linger, and a worker without records, are not looked for`() throws
        {
            var plain = SessionClient.newRequest()
            plain.linger = 0
            for request in [plain, Self.lingering()] {
                var client = try RunningClient(resuming: .open(request))
                _ = try client.expect(.open)
                try client.answer(request.session) { if request.linger == 60 { $0.features = [] } }
                client.worker = nil
                guard case .lost = try client.finish().ending else { throw TimedOut() }
            }
        }

        @Test func `the client gives up when the session's time to linger is over`() throws {
            let open = Self.lingering { $0.linger = 1 }
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.removeListener()
            client.worker = nil
            let outcome = try client.finish()
            guard case .lost = outcome.ending else { throw TimedOut() }
            #expect(outcome.exitCode.rawValue == 125)
            #expect(outcome.message?.contains("not found again in 1 s") == true)
            #expect(outcome.message?.contains("cannot connect to unix:") == true)
            #expect(try client.readErrors() == "postern: connection lost, reconnecting\n")
        }

        @Test func `the user is told when it takes time, and when it is over`() throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.reconnect()
            _ = try client.expect(.attach)
            // The first try came to nothing, too.
            try client.reconnect()
            _ = try client.expect(.attach)
            try client.answer(open.session)
            try client.send(.exit, Self.exit(0))
            _ = try client.expect(.bye)
            client.worker = nil
            #expect(try client.finish().exitCode == .command(3))
            #expect(
                try client.readErrors()
                    == "postern: connection lost, reconnecting\npostern: connected again\n")
        }

        @Test func `a worker that says nothing is asked, and then given up, in a session that lingers`()
            throws
        {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open)) {
                $0.heartbeat = .init(ping: 50, silence: 200)
            }
            _ = try client.expect(.open)
            try client.answer(open.session)
            _ = try client.expect(.ping)
            try client.accept()
            #expect(try AttachRequest(try client.expect(.attach)).connection == 2)
        }

        @Test func `a guest too busy to answer is given more time at each try`() throws {
            let began = MonotonicClock.milliseconds()
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open)) {
                $0.heartbeat = .init(ping: 5000, silence: 300)
            }
            for connection in 1...3 {
                if connection > 1 { try client.accept() }
                #expect(try OpenRequest(try client.expect(.open)).connection == UInt64(connection))
            }
            // 300, twice that, and the pauses between tries: 100 at most.
            #expect(MonotonicClock.milliseconds() - began >= 890)
            try client.answer(open.session)
            try client.send(.exit, Self.exit(0))
            _ = try client.expect(.bye)
        }

        @Test func `a worker that says nothing is asked, and waited for, in any other`() throws {
            let open = SessionClient.newRequest()
            var client = try RunningClient(resuming: .open(open)) {
                $0.heartbeat = .init(ping: 20, silence: 40)
            }
            _ = try client.expect(.open)
            try client.answer(open.session)
            for _ in 0..<5 { _ = try client.expect(.ping) }
            try client.send(.exit, Self.exit(0))
            while case .control(.ping, _) = try client.next() {}
            #expect(try client.finish().exitCode == .command(3))
        }

        @Test func `a multiplexer is asked again until the guest listens`() throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open), throughMultiplexer: true)
            _ = try client.expect(.open)
            try client.answer(open.session)
            try client.reconnect()
            #expect(try client.worker?.line() == "CONNECT 722\n")
            // Not yet: the guest boots.
            try client.reconnect()
            #expect(try client.worker?.line() == "CONNECT 722\n")
            try client.send(bytes("OK 1073741824\n"))
            #expect(try AttachRequest(try client.expect(.attach)).connection == 2)
            try client.answer(open.session)
            try client.send(.exit, Self.exit(0))
            _ = try client.expect(.bye)
        }

        @Test func `what follows an ERROR is not believed`() throws {
            let open = Self.lingering()
            var client = try RunningClient(resuming: .open(open))
            _ = try client.expect(.open)
            let error = FrameEncoder.frame(.error, ErrorReport(stage: .policy, text: "no").encode())
            let started = Started(session: open.session, pid: 1, tty: nil, limit: 9)
            try client.send(error + FrameEncoder.frame(.started, started.encode()))
            guard case .refused = try client.finish().ending else { throw TimedOut() }
        }

        @Test func `detaching survives a lost connection`() throws {
            var command = try RunningCommand(
                ["attach", "--detach-keys", "a", "@", "x"], atTerminal: true)
            let session = SessionID(high: 1, low: 1)
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(session) { ($0.tty, $0.stdin) = ("/dev/pts/1", true) }
            _ = try command.expect(.resize)
            try command.type("a")
            _ = try command.expect(.detach)
            try command.accept()
            _ = try command.expect(.attach)
            try command.answer(session) { ($0.tty, $0.stdin) = ("/dev/pts/1", true) }
            _ = try command.expect(.detach)
            try command.send(.session, SessionInfo(session: session, state: .detached).encode())
            _ = try command.expect(.bye)
            command.worker = nil
            #expect(try command.finish().code == .code(0))
        }

        @Test func `without a terminal TERM gives up at once while the connection is away`() throws {
            var command = try RunningCommand(["exec", "--linger", "60", "@", "x"])
            try command.accept()
            let open = try OpenRequest(try command.expect(.open))
            try command.answer(open.session)
            try command.accept()
            _ = try command.expect(.attach)
            try command.child.signal(.term)
            #expect(try command.finish().code == .code(143))
        }
    }
}
