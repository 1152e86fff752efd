import CPostern

/// A small process that restores the terminal should this one die without doing so, even by SIGKILL.
///
/// It lives in its own process group, ignores what a terminal or a job controller sends, holds nothing but
/// the terminal and one socket, and does nothing unless the terminal still has exactly the modes we set.
public struct TerminalGuardian: ~Copyable {
    private let owner: OwnedFD
    private let pid: Int32

    /// Forks the guardian. `modes` are what it restores. Start it before the first change.
    public static func start(
        on terminal: borrowing OwnedFD, restoring modes: TerminalModes
    ) throws(SysError) -> TerminalGuardian {
        var pid: Int32 = 0
        // SAFETY: both pointers are used during the call only; the child works on its own copy of the memory.
        let owner = try sysCall("fork") {
            unsafe withUnsafePointer(to: modes.raw) { unsafe postern_guardian_start(terminal.raw, $0, &pid) }
        }
        return TerminalGuardian(owner: OwnedFD(owning: owner), pid: pid)
    }

    private init(owner: consuming OwnedFD, pid: Int32) {
        self.owner = owner
        self.pid = pid
    }

    /// Says that the terminal has `modes` now, as `TerminalModes.apply` read them back. Call it right after.
    public func rawActive(_ modes: TerminalModes) throws(SysError) {
        // SAFETY: only read during the call.
        _ = try sysCall("send") {
            unsafe withUnsafePointer(to: modes.raw) { unsafe postern_guardian_raw(owner.raw, $0) }
        }
    }

    /// Says that the terminal is as it was: nothing to do any more.
    public func cookedActive() throws(SysError) {
        _ = try sysCall("send") { postern_guardian_cooked(owner.raw) }
    }

    /// Ends and reaps it, which takes a context switch. With raw modes still active it restores them first.
    deinit {
        // The end of file that lets it go; a stored descriptor's own deinit would come after this body.
        _ = shutdown(owner.raw, Int32(SHUT_RDWR))
        while waitpid(pid, nil, 0) < 0 && Errno.last == .interrupted {}
    }
}
