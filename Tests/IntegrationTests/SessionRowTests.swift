import PosternSys
import PosternWire
import Testing

extension Integration {
    /// Rows of the list of behaviours that a worker answers for, without systemd.
    @Suite(.serialized) struct SessionRows {
        @Test("row 1: exec returns while a grandchild holds stdout")
        func grandchild() throws {
            let transcript = try run(script("sleep 1000 & echo $!; exit 3"))
            #expect(transcript.exit?.status == .code(3))
            let pid = try #require(Int32(transcript.shown.dropLast()))
            #expect(try !isDead(pid))
            try killIfAlive(pid)
        }

        @Test("row 1: exec returns while a grandchild holds the terminal")
        func grandchildOnTerminal() throws {
            let transcript = try run(
                script("trap '' HUP; sleep 1000 & echo pid $!; exit 3", onTerminal()))
            #expect(transcript.exit?.status == .code(3))
            let word = transcript.shown.split(whereSeparator: \.isWhitespace).last
            try killIfAlive(try #require(word.flatMap { Int32($0) }))
        }

        @Test("row 1: exec returns while a grandchild floods stdout")
        func flood() throws {
            let transcript = try run(script("yes & exit 0"))
            #expect(transcript.exit?.status == .code(0))
            #expect(transcript.last == .exit)
        }

        @Test("row 2: the last output comes before EXIT, all of it", arguments: [false, true])
        func lastOutput(_ terminal: Bool) throws {
            let body = script("head -c 300000 /dev/zero | tr '\\0' x; printf END") { request in
                if terminal { onTerminal()(&request) }
            }
            let transcript = try run(body)
            #expect(transcript.output.count == 300_003)
            #expect(text(transcript.output.suffix(4)) == "xEND")
            #expect(transcript.exit?.stdout == 300_003)
        }

        @Test("a writer that sends BYE with its DETACH is let go at once")
        func detachAndBye() throws {
            try withDirectory { directory in
                var worker = try RunningWorker(["--state-dir=\(directory)"])
                var transcript = try worker.open(script("sleep 1000"))
                let began = MonotonicClock.milliseconds()
                try worker.send(FrameEncoder.frame(.detach) + FrameEncoder.frame(.bye))
                try worker.read(&transcript) { _ in false }
                #expect(transcript.last == .session)
                // Who says no BYE has two seconds.
                #expect(MonotonicClock.milliseconds() - began < 1500)
                try killIfAlive(Int32(try #require(transcript.started).pid))
                #expect(try worker.wait() == .code(0))
            }
        }

        @Test("row 4: death by a signal is told as the signal", arguments: [Signal.kill, .term, .hup])
        func signal(_ signal: Signal) throws {
            let transcript = try run(script("kill -\(signal.name) $$"))
            #expect(transcript.exit?.status == .signal(UInt8(signal.rawValue)))
        }

        /// A leader that ends with 7 on SIGTERM, and a process of its group; whether the latter outlived it.
        static func signalled(_ scope: SignalRequest.Scope) throws -> (Exit?, survived: Bool) {
            var worker = try RunningWorker()
            var transcript = try worker.open(
                script("trap 'exit 7' TERM; sh -c 'echo $$; exec sleep 1000' & wait"))
            try worker.read(&transcript) { $0.output.last == UInt8(ascii: "\n") }
            let pid = try #require(Int32(transcript.shown.dropLast()))
            try worker.send(.signal, SignalRequest(signal: bytes("TERM"), scope: scope).encode())
            try worker.read(&transcript) { $0.exit != nil }
            if scope != .leader { try eventually { try isDead(pid) } }
            let survived = try !isDead(pid)
            try killIfAlive(pid)
            try worker.finish(&transcript)
            return (transcript.exit, survived)
        }

        @Test("row 6: a signal to the leader reaches only the leader")
        func leader() throws {
            let (exit, survived) = try Self.signalled(.leader)
            #expect(exit?.status == .code(7))
            #expect(survived)
        }

        @Test("row 6: a signal to the group, the default, reaches all of it")
        func group() throws {
            let (exit, survived) = try Self.signalled(.group)
            #expect(exit?.status == .code(7))
            #expect(!survived)
        }

        @Test("row 6: on a terminal the group is the one in the foreground")
        func foreground() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(
                request(
                    ["/bin/bash", "-ic", "sh -c 'echo ready; exec sleep 1000'; echo after $?"], onTerminal()))
            try worker.read(&transcript) { $0.shown.contains("ready") }
            try worker.send(.signal, SignalRequest(signal: bytes("TERM")).encode())
            try worker.finish(&transcript)
            #expect(transcript.shown.contains("after 143"))
        }

        @Test("row 7: a signal gets through to a child that does not read its stdin")
        func controlPasses() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(request(["/bin/sleep", "1000"], withStdin))
            var left = Int(try #require(transcript.started).limit)
            while left > 0 {
                let piece = min(left, Limits.data)
                try worker.send(.stdin, filler(piece))
                left -= piece
            }
            try worker.send(.signal, SignalRequest(signal: bytes("TERM")).encode())
            try worker.finish(&transcript)
            #expect(transcript.exit?.status == .signal(15))
        }

        @Test("row 7: a hangup gets through to a child that does not read its stdin")
        func hangupPasses() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(request(["/bin/sleep", "1000"], withStdin))
            try worker.send(.stdin, filler(Limits.data))
            try worker.send(.hangup)
            try worker.finish(&transcript)
            #expect(transcript.exit?.status == .signal(1))
            #expect(transcript.exit?.cause == .hangup)
        }

        @Test("row 5: a child that ignores the hangup is killed after the grace")
        func grace() throws {
            var worker = try RunningWorker()
            var transcript = try worker.open(script("trap '' HUP; echo ready; while :; do sleep 1; done"))
            try worker.read(&transcript) { $0.shown.contains("ready") }
            try worker.send(.hangup)
            try worker.finish(&transcript)
            #expect(transcript.exit?.status == .signal(9))
        }

        @Test("row 17: a missing program is told at once, by stage and errno", arguments: [false, true])
        func missing(_ terminal: Bool) throws {
            let error = try run(
                request(["no-such-program"]) { if terminal { onTerminal()(&$0) } }
            ).error
            #expect(error?.stage == "exec")
            #expect(error?.errno == "ENOENT")
            #expect(error?.text.contains("no-such-program") == true)
        }

        @Test("row 17: a program that cannot be run is told apart")
        func notRunnable() throws {
            let error = try run(request(["/etc/passwd"])).error
            #expect(error?.stage == "exec")
            #expect(error?.errno == "EACCES")
        }

        struct Wrong: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let change: @Sendable (inout OpenRequest) -> Void
            let stage: String
            let value: String
        }

        @Test(
            "row 27: a missing directory, user or group is named",
            arguments: [
                Wrong(
                    testDescription: "cwd", change: { $0.workingDirectory = bytes("/no/such") },
                    stage: "cwd", value: "/no/such"),
                Wrong(
                    testDescription: "relative cwd", change: { $0.workingDirectory = bytes("tmp") },
                    stage: "cwd", value: "tmp"),
                Wrong(
                    testDescription: "user", change: { $0.user = bytes("nosuchuser") }, stage: "user",
                    value: "nosuchuser"),
                Wrong(
                    testDescription: "group", change: { $0.group = bytes("nosuchgroup") }, stage: "group",
                    value: "nosuchgroup"),
            ])
        func named(_ row: Wrong) throws {
            let error = try run(script("exit 0", row.change)).error
            #expect(error?.stage == row.stage)
            #expect(error?.text.contains(row.value) == true)
        }
    }
}
