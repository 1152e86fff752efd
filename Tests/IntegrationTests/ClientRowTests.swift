import PosternSys
import PosternWire
import Testing

extension Integration {
    /// The built client, against built workers that systemd-socket-activate starts.
    @Suite(.serialized) struct ClientRows {
        struct Result {
            let code: PosternSys.ExitStatus.Outcome
            let output: String
            let errors: String
        }

        /// Runs `line` in a shell where $1 is the client, $2 the target.
        static func shell(_ line: String, _ target: String) throws -> Result {
            let output = try Pipe()
            let errors = try Pipe()
            var spec = ChildSpec(
                arguments: ["sh", "-c", line, "sh", try program("postern"), target].map(bytes),
                programs: [bytes("/bin/sh")])
            spec.environment = [bytes("PATH=/usr/bin:/bin")]
            spec.workingDirectory = bytes("/")
            let child = try Child.spawn(
                spec, stdin: try Files.null(), stdout: output.writeEnd, stderr: errors.writeEnd, cgroup: nil)
            let out = try output.readEnd.duplicate()
            let err = try errors.readEnd.duplicate()
            _ = consume output
            _ = consume errors
            let shown = text(try readToEnd(out))
            let said = text(try readToEnd(err))
            try awaitInput(child.pidfd)
            return Result(code: try child.reap().outcome, output: shown, errors: said)
        }

        /// The same with a listener that starts a worker for each connection.
        static func exec(_ line: String) throws -> Result {
            var result: Result?
            try withDirectory { directory in
                let path = directory + "/s"
                var spec = ChildSpec(
                    arguments: [
                        "systemd-socket-activate", "--accept", "-l", path, try program("postern-worker"),
                        "--grace=1",
                    ].map(bytes), programs: [bytes("/usr/bin/systemd-socket-activate")])
                spec.environment = [bytes("PATH=/usr/bin:/bin")]
                let null = try Files.null()
                let listener = try Child.spawn(spec, stdin: null, stdout: null, stderr: null, cgroup: nil)
                defer {
                    // It may be gone already, and then there is nothing to clean up.
                    try? listener.signal(.kill)
                    _ = try? listener.reap()
                }
                // 00010000 marks a listening socket.
                try eventually {
                    let table = text(try Files.readSmall("/proc/net/unix", limit: 1 << 24) ?? [])
                    return table.split(separator: "\n").contains {
                        $0.hasSuffix(path) && $0.contains(" 00010000 ")
                    }
                }
                result = try shell(line, "unix:" + path)
            }
            return try #require(result)
        }

        struct Row: Sendable {
            let command: String
            let code: UInt8
        }

        @Test(
            "the client's exit code is the command's, 126, 127, or 128 and the signal",
            arguments: [
                Row(command: "true", code: 0), Row(command: "sh -c 'exit 42'", code: 42),
                Row(command: "sh -c 'exit 255'", code: 255), Row(command: "no-such-program", code: 127),
                Row(command: "/etc/passwd", code: 126), Row(command: "sh -c 'kill -9 $$'", code: 137),
                Row(command: "sh -c 'kill -TERM $$'", code: 143),
            ])
        func codes(_ row: Row) throws {
            #expect(try Self.exec("\"$1\" exec \"$2\" \(row.command)").code == .code(row.code))
        }

        @Test("a client that cannot connect says how to, and exits 125")
        func noListener() throws {
            let result = try Self.shell("\"$1\" exec \"$2\" true", "unix:/no/such/socket")
            #expect(result.code == .code(125))
            #expect(result.errors.contains("/no/such/socket"))
        }

        @Test("stdout and stderr stay apart through the client")
        func apart() throws {
            let result = try Self.exec("\"$1\" exec \"$2\" sh -c 'echo out; echo err >&2'")
            #expect(result.output == "out\n")
            #expect(result.errors == "err\n")
        }

        @Test("binary data comes back as it was sent")
        func binary() throws {
            let result = try Self.exec(
                "f=$(mktemp); head -c 5000000 /dev/urandom >$f; "
                    + "\"$1\" exec -i \"$2\" cat <$f | cmp - $f; s=$?; rm $f; exit $s")
            #expect(result.code == .code(0))
        }

        @Test("row 3: a stream that breaks off is 125, and says so, never 0")
        func broken() throws {
            try withDirectory { directory in
                let listener = try Sockets.listenUnix(path: bytes(directory + "/s"))
                let errors = try Pipe()
                var spec = ChildSpec(
                    arguments: ["postern", "exec", "unix:" + directory + "/s", "true"].map(bytes),
                    programs: [bytes(try program("postern"))])
                spec.workingDirectory = bytes("/")
                let null = try Files.null()
                let child = try Child.spawn(
                    spec, stdin: null, stdout: null, stderr: errors.writeEnd, cgroup: nil)
                try awaitInput(listener)
                try answerAndLeave(try Sockets.accept(from: listener))
                try awaitInput(child.pidfd)
                #expect(try child.reap().outcome == .code(125))
                let readEnd = try errors.readEnd.duplicate()
                _ = consume errors
                #expect(text(try readToEnd(readEnd)).contains("connection"))
            }
        }

        /// Reads OPEN, says STARTED and some output, and closes.
        private func answerAndLeave(_ connection: consuming OwnedFD?) throws {
            guard let connection else { throw TimedOut() }
            var decoder = FrameDecoder(from: .client)
            var inbox = ByteQueue(capacity: 1 << 16)
            while true {
                try awaitInput(connection)
                guard case .bytes = try inbox.fillSocket(from: connection) else { throw TimedOut() }
                let received = inbox.copy()
                inbox.removeAll()
                var position = 0
                guard case .control(.open, let payload) = try decoder.next(in: received.span, at: &position)
                else { continue }
                let started = Started(session: try OpenRequest(payload).session, pid: 1, tty: nil, limit: 1)
                try Files.writeAll(FrameEncoder.frame(.started, started.encode()), to: connection)
                try Files.writeAll(FrameEncoder.frame(.stdout, bytes("half")), to: connection)
                return
            }
        }

        @Test("row 12: a command that ignores its stdin does not fail the client")
        func ignoresStdin() throws {
            #expect(try Self.exec("yes | \"$1\" exec -i \"$2\" true").code == .code(0))
        }

        @Test("row 33: flags after the target are the command's", arguments: ["", "-- "])
        func passthrough(_ dashes: String) throws {
            let result = try Self.exec("\"$1\" exec \"$2\" \(dashes)printf '%s|' -it --user=x -- -e")
            #expect(result.output == "-it|--user=x|--|-e|")
        }

        @Test("row 34: a client whose stdout is full stops and fails")
        func full() throws {
            let result = try Self.exec("\"$1\" exec \"$2\" yes >/dev/full")
            #expect(result.code == .code(125))
            #expect(result.errors.contains("ENOSPC") || result.errors.contains("space"))
        }

        @Test("row 34: a client whose reader went away stops and fails")
        func brokenPipe() throws {
            let result = try Self.exec(
                "{ \"$1\" exec \"$2\" yes; echo \"code $?\" >&2; } | head -n 1")
            #expect(result.output == "y\n")
            #expect(result.errors.contains("code ") && !result.errors.contains("code 0"))
        }
    }
}
