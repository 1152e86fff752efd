import PosternSys
import PosternWire
import Testing

extension Integration {
    /// Hostile and broken clients: one ERROR, and a worker that ends in good order.
    @Suite(.serialized) struct BadInput {
        static let minimal =
            "version=1\0session=\(SessionID.zero.text)\0token=\(SessionID.zero.text)\0limit=1\0"

        struct Row: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let bytes: [UInt8]
            let stage: ErrorReport.Stage
            var field: String?
            init(_ name: String, _ bytes: [UInt8], _ stage: ErrorReport.Stage, _ field: String? = nil) {
                (testDescription, self.bytes, self.stage, self.field) = (name, bytes, stage, field)
            }
        }

        static func open(_ payload: String) -> [UInt8] { FrameEncoder.frame(.open, bytes(payload)) }

        @Test(
            "a first frame that is wrong is refused, and says why",
            arguments: [
                Row("unknown frame", [0x99], .protocol),
                Row("the worker's frame", [0x20], .protocol),
                Row("OPEN of one byte over 1 MiB", [0x01, 0x00, 0x10, 0x00, 0x01], .protocol),
                Row("OPEN of 4 GiB", [0x01, 0xFF, 0xFF, 0xFF, 0xFF], .protocol),
                Row("empty OPEN", [0x01, 0, 0, 0, 0], .protocol),
                Row("STDIN first", FrameEncoder.frame(.stdin, [1]), .protocol),
                Row("HANGUP first", FrameEncoder.frame(.hangup), .protocol),
                Row("an empty ATTACH", FrameEncoder.frame(.attach), .open, "version"),
                Row("an empty LIST", FrameEncoder.frame(.list), .open, "version"),
                Row(
                    "LIST where no record is kept",
                    FrameEncoder.frame(.list, ListRequest(session: nil).encode()), .unsupported),
                Row("unknown field", open(minimal + "frobnicate=1\0"), .open, "frobnicate"),
                Row("field given twice", open(minimal + "limit=1\0"), .open, "limit"),
                Row("field missing", open("version=1\0"), .open, "session"),
                Row("another version", open("version=2\0"), .protocol, "version"),
                Row("no last NUL", open(minimal + "arg=x"), .protocol),
                Row("only NULs", open("\0\0\0\0"), .protocol),
                Row("a NUL where a key should end", open(minimal + "arg\0"), .protocol),
                Row("env without =", open(minimal + "env=PATH\0"), .open, "env"),
                Row("env without a name", open(minimal + "env==x\0"), .open, "env"),
                Row("empty command", open(minimal + "arg=\0"), .exec, "arg"),
            ])
        func firstFrame(_ row: Row) throws {
            var worker = try RunningWorker()
            try worker.sendUnlessClosed(row.bytes)
            var transcript = Transcript()
            try worker.finish(&transcript)
            #expect(transcript.error?.stage == row.stage.rawValue)
            #expect(transcript.error?.field == row.field)
            #expect(transcript.started == nil)
        }

        @Test(
            "a client that goes away in the middle of its request ends the worker",
            arguments: [[], [0x01], [0x01, 0, 0, 0, 50], [0x01, 0, 0, 0, 50, 0x61]] as [[UInt8]])
        func truncated(_ bytes: [UInt8]) throws {
            var worker = try RunningWorker()
            try worker.send(bytes)
            Sockets.shutdownBoth(worker.socket)
            #expect(try worker.wait() == .code(0))
        }

        @Test("a request that comes too slowly meets the deadline")
        func slowLoris() throws {
            var worker = try RunningWorker(["--open-timeout=1"])
            try worker.send([0x01, 0, 0])
            var transcript = Transcript()
            try worker.finish(&transcript)
            #expect(transcript.error?.stage == "deadline")
        }

        @Test("an empty argument is an argument")
        func emptyArgument() throws {
            let transcript = try run(request(["/usr/bin/printf", "[%s]", "a", "", "b"]))
            #expect(transcript.shown == "[a][][b]")
        }

        @Test("OPEN of exactly 1 MiB is accepted")
        func largestOpen() throws {
            var request = script("exit 9")
            // Entries below the kernel's 128 KiB for one string; the last makes it exact.
            while Limits.open - request.encode().count > 100_000 {
                request.environment.append(bytes("A\(request.environment.count)=") + filler(90_000))
            }
            let rest = Limits.open - request.encode().count - bytes("env=LAST=\0").count
            request.environment.append(bytes("LAST=") + filler(rest))
            #expect(request.encode().count == Limits.open)
            #expect(try run(request).exit?.status == .code(9))
        }

        @Test("an argument over 128 KiB is told as E2BIG")
        func hugeArgument() throws {
            var request = script("exit 0")
            request.arguments.append(filler(128 * 1024))
            let error = try run(request).error
            #expect(error?.stage == "exec")
            #expect(error?.errno == "E2BIG")
        }

        @Test("arguments are bytes, not UTF-8")
        func bytesArguments() throws {
            var request = request(["/usr/bin/printf", "%s"])
            request.arguments.append([0xFF, 0xFE, 0x1B])
            #expect(try run(request).output == [0xFF, 0xFE, 0x1B])
        }

        static func inSession(
            _ request: OpenRequest = script("exec sleep 1000", withStdin),
            _ send: (borrowing RunningWorker, Started) throws -> Void
        ) throws -> Transcript {
            var worker = try RunningWorker()
            var transcript = try worker.open(request)
            try send(worker, try #require(transcript.started))
            try worker.finish(&transcript)
            let pid = Int32(transcript.started?.pid ?? 0)
            try eventually { try isDead(pid) }
            return transcript
        }

        @Test("stdin beyond the window ends the session")
        func overrun() throws {
            let transcript = try Self.inSession { worker, started in
                // What the pipe took moves the window: once it is full, nothing does.
                var left = 4 * Int(started.limit)
                while left > 0 {
                    let piece = min(left, Limits.data)
                    try worker.sendUnlessClosed(FrameEncoder.frame(.stdin, filler(piece)))
                    left -= piece
                }
            }
            #expect(transcript.error?.stage == "protocol")
            #expect(transcript.error?.text.contains("window") == true)
        }

        @Test(
            "a frame that has no place in a session ends it",
            arguments: [
                Row("unknown frame", [0x99], .protocol),
                Row("second OPEN", open(minimal), .protocol),
                Row("BYE before EXIT", FrameEncoder.frame(.bye), .protocol),
                Row("STDIN of one byte over 64 KiB", [0x10, 0, 1, 0, 1], .protocol),
                Row("HANGUP with a payload", [0x15, 0, 0, 0, 1], .protocol),
                Row(
                    "STDIN after its end", FrameEncoder.frame(.stdinEOF) + FrameEncoder.frame(.stdin, [1]),
                    .protocol),
                Row(
                    "RESIZE with an unknown field",
                    FrameEncoder.frame(.resize, bytes("rows=1\0columns=1\0x=1\0")), .protocol, "x"),
                Row(
                    "WINDOW beyond what was sent",
                    FrameEncoder.frame(.window, WindowUpdate(consumed: 9, limit: 1 << 41).encode()),
                    .protocol, "consumed"),
            ])
        func misplaced(_ row: Row) throws {
            let transcript = try Self.inSession { worker, _ in try worker.sendUnlessClosed(row.bytes) }
            #expect(transcript.error?.stage == row.stage.rawValue)
            #expect(transcript.error?.field == row.field)
            #expect(transcript.exit == nil)
        }

        @Test("no-ops and questions do not harm a session")
        func gentle() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(script("cat; exit 4", withStdin))
            try worker.send(.pong, [1])
            try worker.send(.resize, TerminalSize(rows: 5, columns: 5).encode())
            try worker.send(.signal, SignalRequest(signal: bytes("NOPE")).encode())
            try worker.send(.detach)
            try worker.send(.stdinEOF)
            try worker.send(.stdinEOF)
            try worker.finish(&transcript)
            #expect(transcript.notices.map(\.about) == ["signal", "detach"])
            #expect(transcript.exit?.status == .code(4))
        }
    }
}

func filler(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "x"), count: count) }
