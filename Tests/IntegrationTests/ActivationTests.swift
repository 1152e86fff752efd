import PosternSys
import PosternWire
import Testing

extension Integration {
    /// What a worker makes of the descriptors it was started with.
    @Suite(.serialized) struct Activation {
        /// Starts a worker with `environment` and a descriptor 3; how it ends, and what it says.
        static func start(
            _ environment: String, _ descriptor: borrowing OwnedFD
        ) throws -> (PosternSys.ExitStatus.Outcome, String) {
            let pipe = try Pipe()
            let script = "exec 3<&0 4<&0 </dev/null; \(environment) exec \"$0\""
            var spec = ChildSpec(
                arguments: ["sh", "-c", script, try program("postern-worker")].map(bytes),
                programs: [bytes("/bin/sh")])
            spec.workingDirectory = bytes("/")
            let child = try Child.spawn(
                spec, stdin: descriptor, stdout: pipe.writeEnd, stderr: pipe.writeEnd, cgroup: nil)
            let readEnd = try pipe.readEnd.duplicate()
            _ = consume pipe
            let said = text(try readToEnd(readEnd))
            return (try child.reap().outcome, said)
        }

        @Test("without a descriptor from systemd the worker fails")
        func none() throws {
            let (outcome, said) = try Self.start("unset LISTEN_FDS LISTEN_PID;", try Files.null())
            #expect(outcome == .code(1))
            #expect(said.hasPrefix("postern-worker: systemd passed no connection"))
        }

        @Test("descriptors meant for another process are not taken")
        func another() throws {
            let (outcome, _) = try Self.start("LISTEN_FDS=1 LISTEN_PID=1", try Files.null())
            #expect(outcome == .code(1))
        }

        @Test("a second descriptor is refused")
        func second() throws {
            let pair = try SocketPair()
            let (outcome, said) = try Self.start("LISTEN_FDS=2 LISTEN_PID=$$", pair.second)
            #expect(outcome == .code(1))
            #expect(said.hasPrefix("postern-worker: systemd passed 2 descriptors"))
        }

        @Test("a listening socket is refused")
        func listening() throws {
            try withDirectory { directory in
                let listener = try Sockets.listenUnix(path: bytes(directory + "/s"))
                let (outcome, said) = try Self.start("LISTEN_FDS=1 LISTEN_PID=$$", listener)
                #expect(outcome == .code(1))
                #expect(said.hasPrefix("postern-worker: systemd passed a listening socket"))
            }
        }

        @Test("what is no socket is refused")
        func noSocket() throws {
            let (outcome, _) = try Self.start("LISTEN_FDS=1 LISTEN_PID=$$", try Files.null())
            #expect(outcome == .code(1))
        }

        @Test("a wrong flag is a usage error, before the connection is touched")
        func flag() throws {
            var worker = try RunningWorker(["--peers=everyone"])
            #expect(try worker.wait() == .code(64))
            #expect(try worker.complaint().contains("--peers"))
        }

        @Test("a peer that no rule admits is refused before anything it sent is read")
        func refusedPeer() throws {
            var worker = try RunningWorker(["--peers=host"])
            var transcript = Transcript()
            try worker.finish(&transcript)
            #expect(transcript.error?.stage == "peer")
        }
    }
}
