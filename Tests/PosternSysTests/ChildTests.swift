import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct ChildProcess {
        @Test(.enabled(if: isRoot)) func `It has the user, group and groups it was given, and no others`()
            throws
        {
            var spec = shell("grep -E '^(Uid|Gid|Groups)' /proc/self/status")
            spec.credentials = .init(uid: 12345, gid: 23456, groups: [23456, 34567])
            #expect(
                try run(spec).output == """
                    Uid:\t12345\t12345\t12345\t12345
                    Gid:\t23456\t23456\t23456\t23456
                    Groups:\t23456 34567 

                    """)
        }

        @Test func `It has the limits it was given`() throws {
            var spec = shell("ulimit -Sn; ulimit -Hn; ulimit -Sc")
            let nofile = try #require(ResourceLimit.named(bytes("nofile")))
            let core = try #require(ResourceLimit.named(bytes("core")))
            spec.limits = [
                .init(resource: nofile, soft: 77, hard: 88), .init(resource: core, soft: 0, hard: 0),
            ]
            #expect(try run(spec).output == "77\n88\n0\n")
        }

        @Test func `Each of the sixteen limits is the one that the kernel calls by its name`() throws {
            let lines = [
                "as": "Max address space", "core": "Max core file size", "cpu": "Max cpu time",
                "data": "Max data size", "fsize": "Max file size", "locks": "Max file locks",
                "memlock": "Max locked memory", "msgqueue": "Max msgqueue size", "nice": "Max nice priority",
                "nofile": "Max open files", "nproc": "Max processes", "rss": "Max resident set",
                "rtprio": "Max realtime priority", "rttime": "Max realtime timeout",
                "sigpending": "Max pending signals", "stack": "Max stack size",
            ]
            #expect(ResourceLimit.table.count == 16)
            for limit in ResourceLimit.table {
                let hard = try limit.current().hard
                var spec = shell("cat /proc/self/limits")
                // Distinct, harmless, and allowed whatever the hard limit is.
                let soft = min(hard, limit.name == "nofile" ? 345 : limit.name == "cpu" ? 3600 : 1 << 40)
                spec.limits = [.init(resource: limit, soft: soft, hard: hard)]
                let line = try run(spec).output.split(separator: "\n").first {
                    $0.hasPrefix(lines[limit.name] ?? "?")
                }
                let name = try #require(lines[limit.name])
                let value = try #require(line).dropFirst(name.count).split(separator: " ")
                #expect(value.contains { $0 == (soft == .max ? "unlimited" : "\(soft)") }, "\(limit.name)")
            }
        }

        @Test func `It has no descriptor but 0, 1 and 2`() throws {
            let kept = try Files.null()
            let inherited = dup(kept.raw)  // without CLOEXEC, as a careless library would
            defer { close(inherited) }
            // 3 is ls's own, of the directory it lists.
            var spec = ChildSpec(
                arguments: [bytes("ls"), bytes("/proc/self/fd")], programs: [bytes("/bin/ls")])
            spec.environment = []
            #expect(try run(spec).output == "0\n1\n2\n3\n")
        }

        @Test func `It has default signals and an empty mask, whatever ours are`() throws {
            try Signal.ignore(.pipe)
            try Signal.ignore(.usr1)
            defer { _ = try? Signal.ignore(.usr1, false) }
            // cat installs no handler of its own, as grep does.
            let spec = ChildSpec(
                arguments: [bytes("cat"), bytes("/proc/self/status")], programs: [bytes("/bin/cat")])
            let lines = try run(spec).output.split(separator: "\n").filter {
                ["SigBlk", "SigIgn", "SigCgt"].contains($0.prefix(6))
            }
            #expect(
                lines == [
                    "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000",
                ])
        }

        @Test func `Our own mask is what it was, after a start and after a failed one`() throws {
            func mask() throws -> String {
                let status = text(try Files.readSmall("/proc/thread-self/status", limit: 65536) ?? [])
                return status.split(separator: "\n").first { $0.hasPrefix("SigBlk") }.map(String.init) ?? ""
            }
            let before = try mask()
            _ = try run(shell("true"))
            #expect(try mask() == before)
            #expect(try failure(ChildSpec(arguments: [], programs: [bytes("/no/such")])) != nil)
            #expect(try mask() == before)
        }

        @Test func `It leads its own session and group, without a terminal on pipes`() throws {
            let output = try run(shell("cut -d' ' -f 1,5,6,7 /proc/$$/stat")).output
            let fields = output.split { $0 == " " || $0 == "\n" }
            #expect(fields.count == 4)
            #expect(fields[0] == fields[1] && fields[1] == fields[2])
            #expect(fields[3] == "0")
        }

        @Test func `On a PTY that is its controlling terminal, sized before it started`() throws {
            let pty = try PseudoTerminal.open(rows: 33, columns: 101)
            let child = try Child.spawn(
                shell("stty size </dev/tty; tty; test $(cut -d' ' -f 8 /proc/$$/stat) = $$ && echo leads"),
                terminal: pty.slave, cgroup: nil)
            let output = try read(pty.master, until: "leads")
            #expect(output.hasPrefix("33 101\r\n\(pty.name)\r\n"))
            #expect(try child.reap().outcome == .code(0))
        }

        @Test func `Its umask is 022`() throws {
            let former = umask(0o77)
            defer { umask(former) }
            #expect(try run(shell("umask")).output == "0022\n")
        }

        @Test func `Its environment is what it was given`() throws {
            let spec = ChildSpec(arguments: [bytes("env")], programs: [bytes("/usr/bin/env")])
            #expect(try run(spec).output == "")
        }

        @Test(.enabled(if: isRoot)) func `Its directory is made by and for the user`() throws {
            try withDirectory { directory in
                var spec = shell("pwd; stat -c '%u %a' . ..")
                spec.credentials = .init(uid: 65534, gid: 65534, groups: [])
                spec.workingDirectory = bytes(directory + "/a/b/c")
                spec.makeDirectory = true
                let first = try run(spec)
                #expect(first.output == "\(directory)/a/b/c\n65534 755\n65534 755\n")
                // And again where everything is there.
                let second = try run(spec)
                #expect(second.output == first.output)
            }
        }

        @Test func `Its OOM score is what was asked for`() throws {
            var spec = shell("cat /proc/self/oom_score_adj")
            spec.oomScoreAdjust = 987
            #expect(try run(spec).output == "987\n")
        }

        @Test func `It starts with our descriptors 0 to 2 closed`() throws {
            // In a child, since the closed descriptors would be everybody's: 1 is the pipe, 0 and 2 are
            // closed.
            let pipe = try Pipe()
            let low = try pipe.writeEnd.duplicate()
            let null = try Files.null()
            let saved = (
                try Sockets.adoptCopy(of: 0), try Sockets.adoptCopy(of: 1), try Sockets.adoptCopy(of: 2)
            )
            defer {
                for (number, copy) in [(0, saved.0), (1, saved.1), (2, saved.2)] {
                    dup2(copy, Int32(number))
                    close(copy)
                }
            }
            close(0)
            close(2)
            dup2(low.raw, 1)
            let one = OwnedFD(owning: 1)
            let child = try Child.spawn(
                shell("echo out; echo err >&2"), stdin: null, stdout: null, stderr: one, cgroup: nil)
            _ = one.release()
            #expect(try child.reap().outcome == .code(0))
            #expect(try read(pipe.readEnd, until: "\n") == "err\n")
        }

        @Test func `Its end is told apart: code, signal, and times`() throws {
            #expect(try run(shell("exit 0")).status.outcome == .code(0))
            #expect(try run(shell("exit 255")).status.outcome == .code(255))
            let status = try run(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; kill -TERM $$"))
                .status
            #expect(status.outcome == .signal(15))
            #expect(!status.coreDumped)
            #expect(status.cpuMicroseconds > 0)
            #expect(status.maxResidentBytes > 100_000)
        }

        @Test func `Its group can be signalled after it ended, until it is reaped`() throws {
            let null = try Files.null()
            let pipe = try Pipe()
            let readEnd = try pipe.readEnd.duplicate()
            let child = try Child.spawn(
                shell(
                    "(trap 'echo caught; exit' USR1; echo ready; while :; do sleep 1000 & wait $!; done) &"),
                stdin: null, stdout: pipe.writeEnd, stderr: null, cgroup: nil)
            _ = consume pipe
            try read(readEnd, until: "ready")
            try awaitInput(child.pidfd)
            #expect(try child.hasExited())
            try child.signalGroup(.usr1)
            try read(readEnd, until: "caught")
            try child.signalGroup(.kill)
            #expect(try child.reap().outcome == .code(0))
        }
    }
}

extension Sockets {
    /// A number above 2 for the same open file, for putting it back.
    fileprivate static func adoptCopy(of number: Int32) throws -> Int32 {
        fcntl(number, F_DUPFD_CLOEXEC, 10)
    }
}
