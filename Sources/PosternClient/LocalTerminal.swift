import PosternSys
import PosternWire

/// The terminal the client was started on: raw while the session is in front, and as it was at every other
/// moment, whatever ends us.
struct LocalTerminal: ~Copyable {
    private let fd: OwnedFD
    private let original: TerminalModes
    /// Restores the terminal even when we are killed with SIGKILL.
    private let guardian: TerminalGuardian
    private(set) var isRaw = false

    /// Remembers the terminal's modes; changes nothing yet.
    static func adopt(_ terminal: borrowing OwnedFD) throws(SysError) -> LocalTerminal {
        let fd = try terminal.duplicate()
        let original = try TerminalModes.current(of: fd)
        let guardian = try TerminalGuardian.start(on: fd, restoring: original)
        return LocalTerminal(fd: fd, original: original, guardian: guardian)
    }

    private init(fd: consuming OwnedFD, original: TerminalModes, guardian: consuming TerminalGuardian) {
        self.fd = fd
        self.original = original
        self.guardian = guardian
    }

    /// Goes raw, if we are in the foreground: a terminal that others are using is not ours to change.
    mutating func makeRaw() throws(SysError) {
        guard !isRaw, Terminal.isForeground(fd) else { return }
        // Whatever tcsetattr managed of it has to be undone.
        isRaw = true
        try guardian.rawActive(try original.makeRaw().apply(to: fd))
    }

    /// Restores the modes at once, also while output is stopped by ^S.
    mutating func restore() throws(SysError) {
        guard isRaw else { return }
        isRaw = false
        try original.apply(to: fd)
        try guardian.cookedActive()
    }

    static func size(of fd: borrowing OwnedFD) -> TerminalSize? {
        // A terminal that does not tell its size gets the worker's default.
        guard let window = try? TerminalWindow.size(of: fd), window.rows > 0, window.columns > 0 else { return nil }
        return TerminalSize(
            rows: window.rows, columns: window.columns, pixelWidth: window.xpixel, pixelHeight: window.ypixel)
    }
}
