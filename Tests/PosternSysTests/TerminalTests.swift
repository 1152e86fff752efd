import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct Terminals {
        @Test func `A new terminal is canonical, edits UTF-8 and has its size`() throws {
            let pty = try PseudoTerminal.open(rows: 5, columns: 6, xpixel: 7, ypixel: 8)
            #expect(
                try TerminalWindow.size(of: pty.slave)
                    == TerminalWindow(rows: 5, columns: 6, xpixel: 7, ypixel: 8))
            let state = try pty.inputState()
            #expect(state.canonical && state.eofByte == 4 && state.queued == 0)
            var modes = termios()
            // SAFETY: the call fills `modes`.
            unsafe #expect(tcgetattr(pty.slave.raw, &modes) == 0)
            #expect(modes.c_iflag & 0o40000 != 0)  // IUTF8
            try pty.resize(rows: 50, columns: 60)
            #expect(try TerminalWindow.size(of: pty.master) == TerminalWindow(rows: 50, columns: 60))
            #expect(pty.foregroundGroup() == nil)
        }

        @Test func `Raw modes are applied, read back and differ from the cooked ones`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let cooked = try TerminalModes.current(of: pty.slave)
            let raw = try cooked.makeRaw().apply(to: pty.slave)
            #expect(raw != cooked && !raw.isCanonical && !raw.echoes)
            #expect(try TerminalModes.current(of: pty.slave) == raw)
            try cooked.apply(to: pty.slave)
            #expect(try pty.inputState().canonical)
        }

        @Test(.enabled(if: isRoot)) func `A given terminal belongs to the user and the tty group`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            try pty.give(toUser: 65534, gid: 65534)
            #expect(try run(shell("stat -c '%u %g %a' \(pty.name)")).output == "65534 5 620\n")
        }

        @Test func `The master stays quiet while our slave is open`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let child = try Child.spawn(shell("exit 3"), terminal: pty.slave, cgroup: nil)
            #expect(try child.reap().outcome == .code(3))
            var poll = PollSet()
            let slot = poll.add(pty.master, read: true, write: false)
            #expect(try poll.wait(milliseconds: 0) == 0)
            #expect(poll.hungUp(slot) == false)
        }
    }

    @Suite struct Polling {
        @Test func `Each slot tells of its own descriptor`() throws {
            let quiet = try Pipe()
            let closed = try SocketPair()
            let full = try Pipe()
            Sockets.shutdownBoth(closed.second)
            var queue = ByteQueue(capacity: 1 << 20)
            queue.append([UInt8](repeating: 0, count: 1 << 20))
            try full.writeEnd.setNonBlocking()
            while try queue.drain(to: full.writeEnd) != .wouldBlock {}
            var poll = PollSet()
            let slots = (
                poll.add(quiet.readEnd, read: true, write: false),
                poll.add(closed.first, read: false, write: false),
                poll.add(full.writeEnd, read: false, write: true),
                poll.add(full.readEnd, read: true, write: true)
            )
            #expect(try poll.wait(milliseconds: deadline) == 2)
            #expect(poll.readable(slots.0) == false)
            #expect(poll.hungUp(slots.0) == false)
            #expect(poll.hungUp(slots.1) == true)
            #expect(poll.readable(slots.1) == false)
            #expect(poll.writable(slots.2) == false)
            #expect(poll.readable(slots.3) == true)
        }
    }
}
