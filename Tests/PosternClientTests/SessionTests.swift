import PosternSys
import PosternWire
import Testing

@testable import PosternClient

extension ClientTests {
    /// What the client does with a worker that keeps to the protocol.
    @Suite struct SessionTests {
        static func exit(
            _ status: Exit.Status = .code(0), stdout: UInt64 = 0, stderr: UInt64 = 0
        ) -> [UInt8] {
            var exit = Exit(status: status)
            exit.stdout = stdout
            exit.stderr = stderr
            return exit.encode()
        }

        @Test func `OPEN is the first frame, and nothing follows it before STARTED`() throws {
            var client = try RunningClient { $0.stdin = true }
            switch client.stdin {
            case .none: throw TimedOut()
            case .some(let stdin): try Files.writeAll(bytes("early"), to: stdin)
            }
            let open = try OpenRequest(try client.expect(.open))
            #expect(open == client.request)
            #expect(open.limit == 1 << 20)
            switch client.worker {
            case .none: throw TimedOut()
            case .some(let worker): #expect(worker.socket.bytesReadable() == 0)
            }
            try client.send(
                .started, Started(session: open.session, pid: 1, tty: nil, limit: 1 << 17).encode())
            #expect(try client.expect(.stdin) == bytes("early"))
        }

        @Test func `stdout and stderr stay apart, BYE follows the last write, and the code is the command's`()
            throws
        {
            var client = try RunningClient()
            try client.start()
            try client.send(.stdout, bytes("out"))
            try client.send(.stderr, bytes("err"))
            try client.send(.exit, Self.exit(.code(7), stdout: 3, stderr: 3))
            _ = try client.expect(.bye)
            client.worker = nil
            let outcome = try client.finish()
            #expect(outcome.exitCode == .command(7))
            #expect(outcome.message == nil)
            #expect(try client.readOutput() == "out")
            #expect(try client.readErrors() == "err")
        }

        @Test func `a worker that does not close after BYE is not waited for`() throws {
            var client = try RunningClient()
            try client.start()
            try client.send(.exit, Self.exit())
            _ = try client.expect(.bye)
            #expect(try client.finish().exitCode == .command(0))
        }

        @Test func `BYE waits for the slowest reader, and PING is answered meanwhile`() throws {
            var client = try RunningClient()
            try client.start()
            let size = 300_000
            for chunk in stride(from: 0, to: size, by: 60_000) {
                try client.send(.stdout, [UInt8](repeating: 97, count: min(60_000, size - chunk)))
            }
            try client.send(.exit, Self.exit(stdout: UInt64(size)))
            try client.send(.ping, bytes("still there?"))
            #expect(try client.expect(.pong) == bytes("still there?"))
            try discard(size, from: client.stdout)
            _ = try client.expect(.bye)
        }

        @Test func `a window is announced for every 256 KiB that were written at once`() throws {
            var client = try RunningClient()
            try client.start()
            let frame = [UInt8](repeating: 97, count: Limits.data)
            for _ in 0..<16 { try client.send(.stdout, frame) }
            var read = 0
            var announced: UInt64 = 0
            while announced < UInt64(OutputWindow.size) {
                // No more than can be announced is read, so a window that comes too late never comes.
                if read < 16 * Limits.data {
                    try discard(4 * Limits.data, from: client.stdout)
                    read += 4 * Limits.data
                }
                let window = try WindowUpdate(try client.expect(.window))
                #expect(window.limit == window.consumed + UInt64(OutputWindow.size))
                #expect(window.consumed - announced >= UInt64(OutputWindow.step))
                // The pipe took what the reader has not.
                #expect(window.consumed <= UInt64(read) + 65536)
                announced = window.consumed
                if UInt64(OutputWindow.size) - announced < UInt64(OutputWindow.step) { break }
            }
        }

        @Test func `stdin keeps to the window and ends with STDIN_EOF`() throws {
            var client = try RunningClient { $0.stdin = true }
            try client.start(limit: 10)
            switch client.stdin {
            case .none: throw TimedOut()
            case .some(let stdin): try Files.writeAll(bytes("0123456789abcdef"), to: stdin)
            }
            #expect(try client.expect(.stdin) == bytes("0123456789"))
            // Control gets through while data waits.
            try client.send(.ping, bytes("p"))
            #expect(try client.expect(.pong) == bytes("p"))
            try client.send(.window, WindowUpdate(consumed: 10, limit: 13).encode())
            #expect(try client.expect(.stdin) == bytes("abc"))
            client.stdin = nil
            try client.send(.window, WindowUpdate(consumed: 13, limit: 100).encode())
            #expect(try client.expect(.stdin) == bytes("def"))
            #expect(try client.expect(.stdinEOF) == [])
        }

        @Test func `without stdin asked for nothing is read and nothing is sent`() throws {
            var client = try RunningClient()
            try client.start()
            client.stdin = nil
            try client.send(.ping, [])
            #expect(try client.expect(.pong) == [])
            try client.send(.exit, Self.exit())
            _ = try client.expect(.bye)
        }

        @Test func `row 34: a reader that goes away hangs the session up, quietly and not with 0`() throws {
            var client = try RunningClient()
            try client.start()
            client.stdout = nil
            try client.send(.stdout, bytes("nobody reads this"))
            _ = try client.expect(.hangup)
            let outcome = try client.finish()
            #expect(outcome.exitCode.rawValue == 125)
            #expect(outcome.message == nil)
        }

        @Test func `row 4: death by signal is 128 and its number, and an OOM kill is named`() throws {
            var client = try RunningClient()
            try client.start()
            var exit = Exit(status: .signal(9))
            exit.outOfMemory = true
            try client.send(.exit, exit.encode())
            _ = try client.expect(.bye)
            client.worker = nil
            let outcome = try client.finish()
            #expect(outcome.exitCode.rawValue == 137)
            #expect(outcome.message?.contains("OOM") == true)
            #expect(outcome.message?.contains("SIGKILL") == true)
        }

        @Test(
            arguments: [
                ("exec", "ENOENT", 127), ("exec", "EACCES", 126), ("exec", "E2BIG", 126),
                ("cwd", "ENOENT", 125),
                ("peer", nil, 125), ("from-the-future", nil, 125),
            ] as [(String, String?, Int32)])
        func `row 17: a refused session maps to podman's exit codes and says why`(
            stage: String, errno: String?, code: Int32
        ) throws {
            var client = try RunningClient()
            _ = try client.expect(.open)
            var fields = FieldWriter()
            fields.put("stage", stage)
            fields.put("errno", errno)
            fields.put("text", "no such thing")
            try client.send(.error, fields.bytes)
            let outcome = try client.finish()
            guard case .refused = outcome.ending else { throw TimedOut() }
            #expect(outcome.exitCode.rawValue == code)
            #expect(outcome.message?.hasPrefix("no such thing") == true)
        }

        @Test func `row 39: a guest that goes down is told from a lost connection`() throws {
            for (stage, word) in [(ErrorReport.Stage.shutdown, "shutting down"), (.reboot, "rebooting")] {
                var client = try RunningClient()
                try client.start()
                try client.send(.stdout, bytes("before"))
                try client.send(.error, ErrorReport(stage: stage, text: "bye").encode())
                let outcome = try client.finish()
                guard case .failed = outcome.ending else { throw TimedOut() }
                #expect(outcome.exitCode.rawValue == 125)
                #expect(outcome.message?.contains(word) == true)
                #expect(try client.readOutput() == "before")
            }
        }
    }
}
