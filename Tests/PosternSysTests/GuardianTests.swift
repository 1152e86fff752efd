import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct Guardian {
        /// The client that a test kills: it runs in a copy of this test program, on the terminal that is its
        /// stdin.
        @Test(.enabled(if: Process.environment("POSTERN_GUARDIAN_CLIENT") != nil))
        func guardianClient() throws {
            let terminal = try StandardStream(.input)
            let cooked = try TerminalModes.current(of: terminal.descriptor)
            let guardian = try TerminalGuardian.start(on: terminal.descriptor, restoring: cooked)
            let raw = try cooked.makeRaw().apply(to: terminal.descriptor)
            try guardian.rawActive(raw)
            StandardError.write("client=\(getpid());is raw")
            if Process.environment("POSTERN_GUARDIAN_CLIENT") == bytes("die") {
                // The use keeps the guardian from being ended before a loop that nothing leaves.
                while pause() < 0 { try guardian.rawActive(raw) }
            }
            try cooked.apply(to: terminal.descriptor)
            try guardian.cookedActive()
            StandardError.write("restored;")
        }

        /// The client below a shell that leads the session, as at a prompt.
        private func client(_ mode: String, then: String) -> ChildSpec {
            let program = "/proc/\(getpid())/exe"
            var spec = shell(
                "\(program) --testing-library swift-testing --filter guardianClient >/dev/null; \(then)")
            spec.environment.append(bytes("POSTERN_GUARDIAN_CLIENT=\(mode)"))
            if let library = Process.environment("LD_LIBRARY_PATH") {
                spec.environment.append(bytes("LD_LIBRARY_PATH=") + library)
            }
            return spec
        }

        private func pid(in output: String) throws -> Int32 {
            let digits = try #require(output.split(separator: "client=").last).prefix { $0 != ";" }
            return try #require(Int32(digits))
        }

        @Test func `It restores the terminal of a client that was killed with SIGKILL`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let cooked = try TerminalModes.current(of: pty.slave)
            let child = try Child.spawn(client("die", then: "read x"), terminal: pty.slave, cgroup: nil)
            let client = try pid(in: try read(pty.master, until: "is raw"))
            #expect(try TerminalModes.current(of: pty.slave) == cooked.makeRaw())
            try Signal.send(.kill, to: client)
            try eventually { try TerminalModes.current(of: pty.slave) == cooked }
            try child.signalGroup(.kill)
            _ = try child.reap()
        }

        @Test func `It leaves modes alone that somebody else has set meanwhile`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let child = try Child.spawn(client("die", then: "read x"), terminal: pty.slave, cgroup: nil)
            let client = try pid(in: try read(pty.master, until: "is raw"))
            var modes = termios()
            // SAFETY: both calls use `modes` only while they run.
            unsafe #expect(tcgetattr(pty.slave.raw, &modes) == 0)
            modes.c_lflag |= tcflag_t(ECHO)
            unsafe #expect(tcsetattr(pty.slave.raw, TCSANOW, &modes) == 0)
            let theirs = try TerminalModes.current(of: pty.slave)
            let guardian = try guardianProcess(of: client)
            try Signal.send(.kill, to: client)
            try eventually { !Files.exists("/proc/\(guardian)/fd/0") }
            #expect(try TerminalModes.current(of: pty.slave) == theirs)
            try child.signalGroup(.kill)
            _ = try child.reap()
        }

        @Test func `A client that ends well leaves neither guardian nor descriptors`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let cooked = try TerminalModes.current(of: pty.slave)
            let child = try Child.spawn(client("live", then: "echo done"), terminal: pty.slave, cgroup: nil)
            try read(pty.master, until: "done")
            #expect(try child.reap().outcome == .code(0))
            #expect(try TerminalModes.current(of: pty.slave) == cooked)
        }

        @Test func `It holds the terminal and its owner's socket and nothing else`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let child = try Child.spawn(client("die", then: "read x"), terminal: pty.slave, cgroup: nil)
            let client = try pid(in: try read(pty.master, until: "is raw"))
            let guardian = try guardianProcess(of: client)
            for signal in [Signal.hup, .int, .quit, .term, .tstp, .ttou, .ttin, .pipe] {
                try Signal.send(signal, to: guardian)
            }
            #expect(getpgid(guardian) == guardian)
            #expect(Files.exists("/proc/\(guardian)/fd/0"))
            let cooked = try TerminalModes.current(of: pty.slave)
            try Signal.send(.kill, to: client)
            try eventually { try TerminalModes.current(of: pty.slave) != cooked }
            try child.signalGroup(.kill)
            _ = try child.reap()
        }

        /// The child of the client that calls itself the guardian, once it has made itself at home: that takes a
        /// moment, for which its owner does not wait.
        private func guardianProcess(of client: Int32) throws -> Int32 {
            var found: Int32 = 0
            try eventually {
                for task in try Files.list("/proc/\(client)/task") {
                    let children =
                        try Files.readSmall("/proc/\(client)/task/\(task)/children", limit: 4096) ?? []
                    for pid in text(children).split(separator: " ").compactMap({ Int32($0) }) {
                        let name = try Files.readSmall("/proc/\(pid)/comm", limit: 64) ?? []
                        guard text(name) == "postern-guard\n" else { continue }
                        guard try Files.list("/proc/\(pid)/fd").sorted() == ["0", "1"] else { continue }
                        found = pid
                    }
                }
                return found != 0
            }
            return found
        }
    }
}
