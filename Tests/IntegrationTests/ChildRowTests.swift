import PosternSys
import PosternWire
import Testing

extension Integration {
    /// Rows about what the child finds, and about its streams.
    @Suite(.serialized) struct ChildRows {
        @Test("stdout and stderr stay apart")
        func apart() throws {
            let transcript = try run(script("echo out; echo err >&2"))
            #expect(transcript.shown == "out\n")
            #expect(text(transcript.errors) == "err\n")
        }

        @Test("exit codes are the child's own", arguments: [0, 1, 125, 126, 127, 128, 255] as [UInt8])
        func codes(_ code: UInt8) throws {
            #expect(try run(script("exit \(code)")).exit?.status == .code(code))
        }

        @Test("row 10: the size is there before the first paint")
        func size() throws {
            let size = TerminalSize(rows: 50, columns: 132)
            #expect(try run(request(["/bin/stty", "size"], onTerminal(size))).shown == "50 132\r\n")
        }

        @Test(
            "row 10: without a size, or with none at all, it is 24 rows of 80 columns",
            arguments: [nil, TerminalSize(rows: 0, columns: 0)])
        func noSize(_ size: TerminalSize?) throws {
            #expect(try run(request(["/bin/stty", "size"], onTerminal(size))).shown == "24 80\r\n")
        }

        /// Sends `input` and its end, and reads to the session's end.
        static func feed(_ request: OpenRequest, _ input: [UInt8]) throws -> Transcript {
            var worker = try RunningWorker()
            var transcript = try worker.open(request)
            if !input.isEmpty { try worker.send(.stdin, input) }
            try worker.send(.stdinEOF)
            try worker.finish(&transcript)
            return transcript
        }

        @Test("row 11: the end of stdin reaches a pipe", arguments: ["", "abc"])
        func endOnPipe(_ input: String) throws {
            let transcript = try Self.feed(request(["/bin/cat"], withStdin), bytes(input))
            #expect(transcript.shown == input)
            #expect(transcript.exit?.status == .code(0))
        }

        @Test("row 11: the end of stdin reaches a terminal", arguments: ["", "abc\n", "abc"])
        func endOnTerminal(_ input: String) throws {
            let transcript = try Self.feed(script("stty -echo; cat; echo .", onTerminal()), bytes(input))
            #expect(transcript.shown.hasSuffix(".\r\n"))
            #expect(transcript.exit?.status == .code(0))
        }

        @Test("row 12: a child that closes its stdin does not fail the session")
        func ignoresStdin() throws {
            let transcript = try Self.feed(
                script("exec 0<&-; echo closed; exit 5", withStdin), filler(Limits.data))
            #expect(transcript.exit?.status == .code(5))
            #expect(transcript.error == nil)
        }

        @Test("row 14: no signal is ignored or blocked in the child, whatever the worker inherited")
        func signals() throws {
            let transcript = try run(
                request(["/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]),
                setup: "trap '' INT QUIT HUP USR1;")
            #expect(transcript.shown == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
        }

        @Test("row 15: held input comes after the first output")
        func heldInput() throws {
            var worker = try RunningWorker()
            let body = "read -t 0.3 x && echo early $x; echo prompt; read y; echo got $y"
            var transcript = try worker.open(
                request(["/bin/bash", "-c", body]) {
                    $0.stdin = true; $0.holdInput = 3600
                })
            try worker.send(.stdin, bytes("typed\n"))
            try worker.finish(&transcript)
            #expect(transcript.shown == "prompt\ngot typed\n")
        }

        @Test("row 15: ^C passes while input is held")
        func heldInterrupt() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(
                request(["/bin/sleep", "1000"]) {
                    onTerminal()(&$0); $0.holdInput = 3600
                })
            try worker.send(.stdin, [0x03])
            try worker.finish(&transcript)
            #expect(transcript.exit?.status == .signal(2))
        }

        @Test("row 16: ^P and ^Q reach the child")
        func controlKeys() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(
                script("stty raw -echo; echo ready; head -c 3 | od -An -tx1", onTerminal()))
            try worker.read(&transcript) { $0.shown.contains("ready\n") }
            try worker.send(.stdin, [0x10, 0x11, 0x10])
            try worker.finish(&transcript)
            #expect(transcript.shown.contains("10 11 10"))
        }

        @Test("row 20: a client that does not read costs the worker no memory, and blocks the child")
        func backpressure() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(request(["/usr/bin/yes"]) { $0.limit = 1000 })
            try worker.read(&transcript) { $0.output.count >= 1000 }
            try worker.send(.ping, [7])
            try worker.read(&transcript) { $0.last == .pong }
            #expect(transcript.output.count == 1000)
            try worker.send(.window, WindowUpdate(consumed: 1000, limit: 3000).encode())
            try worker.read(&transcript) { $0.output.count >= 3000 }
            try worker.send(.ping, [7])
            try worker.read(&transcript) { $0.last == .pong }
            #expect(transcript.output.count == 3000)
            try worker.send(.hangup)
            try worker.finish(&transcript)
        }

        @Test("row 20: a full pipe is made larger, and what it holds at the end is not lost")
        func widePipe() throws {
            let limit = 1 << 20
            let count = limit + Limits.data + 200_000
            var worker = try RunningWorker()
            var transcript = try worker.open(
                request(["/usr/bin/head", "-c", "\(count)", "/dev/zero"]) { $0.limit = UInt64(limit) })
            let pid = Int32(clamping: try #require(transcript.started).pid)
            try worker.read(&transcript) { $0.output.count >= limit }
            try eventually { try isDead(pid) }
            let all = WindowUpdate(consumed: UInt64(limit), limit: UInt64(2 * limit))
            try worker.send(.window, all.encode())
            try worker.finish(&transcript)
            #expect(transcript.output.count == count)
            #expect(transcript.exit?.status == .code(0))
        }

        @Test("row 21: a pipe session has no controlling terminal")
        func noTerminal() throws {
            #expect(try run(script("(: </dev/tty) 2>/dev/null && echo tty || echo none")).shown == "none\n")
        }

        @Test("row 31: no descriptor of the worker reaches the child", arguments: [false, true])
        func descriptors(_ terminal: Bool) throws {
            // 3 is the directory that ls itself reads.
            let transcript = try run(
                request(["/bin/ls", "/proc/self/fd"]) { if terminal { onTerminal()(&$0) } },
                setup: "exec 7</dev/null 8>/dev/null 9<>/dev/null;")
            #expect(transcript.shown.split(whereSeparator: \.isWhitespace) == ["0", "1", "2", "3"])
        }

        @Test("row 40: the program is looked up in the child's PATH, not in the worker's")
        func path() throws {
            try withDirectory { directory in
                let tool = directory + "/postern-test-tool"
                try Files.create(bytes("#!/bin/sh\necho found\n"), at: tool)
                _ = try run(request(["/bin/chmod", "755", tool]))
                let setup = "PATH=/usr/bin:/bin:\(directory); export PATH;"
                let missing = try run(request(["postern-test-tool"]), setup: setup)
                #expect(missing.error?.errno == "ENOENT")
                let found = try run(
                    request(["postern-test-tool"]) { $0.environment = [bytes("PATH=/bin:" + directory)] })
                #expect(found.shown == "found\n")
            }
        }

        static func limited(_ limits: String...) throws -> Transcript {
            try run(
                script("ulimit -Sn; ulimit -Hn; ulimit -c") { request in
                    request.resourceLimits = limits.compactMap { OpenRequest.ResourceLimit(bytes($0)) }
                })
        }

        @Test("row 41: limits are set, and unlimited is one")
        func limits() throws {
            #expect(try Self.limited("nofile=64:128", "core=unlimited").shown == "64\n128\nunlimited\n")
        }

        @Test("row 41: a soft limit over its hard one is refused with resource and value")
        func softOverHard() throws {
            let error = try Self.limited("nofile=128:64").error
            #expect(error?.stage == "rlimit")
            #expect(error?.field == "rlimit")
            #expect(error?.text.contains("nofile=128:64") == true)
        }

        @Test("row 41: an unknown resource is refused by name")
        func unknownResource() throws {
            #expect(try Self.limited("files=1").error?.text.contains("files") == true)
        }
    }
}
