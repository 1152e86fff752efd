import CPostern

/// A pseudo-terminal pair of the guest.
///
/// It keeps a slave descriptor as long as it lives: with every slave closed, poll on the master reports a
/// hang-up without pause, although the child may live on.
public struct PseudoTerminal: ~Copyable {
    /// CLOEXEC and nonblocking.
    public let master: OwnedFD
    /// CLOEXEC; the child's standard streams are duplicates of it.
    public let slave: OwnedFD
    /// The slave's path, as tty(1) shows it in the mount namespace where it was opened: `/dev/pts/3`.
    public let name: String

    /// Opens a pair whose size is set before anybody can look, with IUTF8 so that erase removes whole
    /// characters.
    ///
    /// Does not become anybody's controlling terminal. The error's call names the step.
    public static func open(
        rows: UInt16, columns: UInt16, xpixel: UInt16 = 0, ypixel: UInt16 = 0
    ) throws(SysError) -> PseudoTerminal {
        var (master, slave, number): (Int32, Int32, Int32) = (-1, -1, 0)
        // SAFETY: `call` points to a literal of the C function afterwards; the rest are locals it fills.
        var call: UnsafePointer<CChar>?
        let result = unsafe postern_pty_open(
            rows, columns, xpixel, ypixel, &master, &slave, &number, &call)
        guard result == 0 else {
            let error = Errno.last
            // SAFETY: set to a NUL-terminated literal before every step.
            throw SysError(
                call: unsafe call.map { unsafe String(cString: $0) } ?? "posix_openpt", errno: error)
        }
        return PseudoTerminal(
            master: OwnedFD(owning: master), slave: OwnedFD(owning: slave), name: "/dev/pts/\(number)")
    }

    /// Sets the size; the kernel sends SIGWINCH to the foreground group if it changed.
    public func resize(
        rows: UInt16, columns: UInt16, xpixel: UInt16 = 0, ypixel: UInt16 = 0
    ) throws(SysError) {
        _ = try sysCall("TIOCSWINSZ") { postern_window_set(master.raw, rows, columns, xpixel, ypixel) }
    }

    /// The process group that reads the terminal now; nil without one.
    public func foregroundGroup() -> Int32? {
        let group = tcgetpgrp(master.raw)
        return group > 0 ? group : nil
    }

    /// Makes the slave the user's, mode 0620 with the tty group as login(1) does (where there is none: 0600 and
    /// `gid`'s), so that the user can open it again by its name. May ask NSS, and so block.
    public func give(toUser uid: UInt32, gid: UInt32) throws(SysError) {
        var now = stat()
        // SAFETY: filled by the call.
        _ = try sysCall("fstat") { unsafe fstat(slave.raw, &now) }
        // A devpts that is mounted for it, with gid= and mode=, has set the group already: mount(8).
        let isSet = now.st_gid != 0 && now.st_mode & 0o777 == 0o620
        let group = isSet ? now.st_gid : try Users.group(Array("tty".utf8))
        let mode: UInt32 = group == nil ? 0o600 : 0o620
        if now.st_uid != uid || now.st_gid != group ?? gid {
            _ = try sysCall("fchown") { fchown(slave.raw, uid, group ?? gid) }
        }
        if now.st_mode & 0o777 != mode { _ = try sysCall("fchmod") { fchmod(slave.raw, mode) } }
    }

    /// How the line discipline takes input now.
    public struct InputState: Equatable, Sendable {
        /// Lines with editing, where `eofByte` (VEOF) ends the input.
        public let canonical: Bool
        public let eofByte: UInt8
        /// Bytes a reader could take now: whole lines in canonical mode.
        public let queued: Int
    }

    /// The state at this moment; the child may change it at the next.
    public func inputState() throws(SysError) -> InputState {
        let modes = try TerminalModes.current(of: slave)
        return InputState(
            canonical: modes.isCanonical, eofByte: modes.eofByte, queued: slave.bytesReadable())
    }
}
