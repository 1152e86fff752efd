import CPostern

/// A terminal's settings: termios(3).
public struct TerminalModes: Equatable, Sendable {
    var raw: termios

    public static func current(of fd: borrowing OwnedFD) throws(SysError) -> TerminalModes {
        var modes = termios()
        // SAFETY: the call fills `modes` and keeps no pointer.
        _ = try sysCall("tcgetattr") { unsafe tcgetattr(fd.raw, &modes) }
        return TerminalModes(raw: modes)
    }

    /// These settings as cfmakeraw(3) leaves them: every byte passes unchanged, at once, without echo or
    /// signals.
    public func makeRaw() -> TerminalModes {
        var result = self
        // SAFETY: changes `result` in place and keeps no pointer.
        unsafe cfmakeraw(&result.raw)
        return result
    }

    /// Sets the terminal to these settings now (TCSANOW: typed-ahead bytes are kept), and reads back what it
    /// took.
    ///
    /// tcsetattr succeeds if *any* change was made, so a difference is thrown as EIO of `tcsetattr`. From a
    /// background process group this stops the process (SIGTTOU) unless that is ignored or blocked.
    @discardableResult
    public func apply(to fd: borrowing OwnedFD) throws(SysError) -> TerminalModes {
        // SAFETY: the pointer is valid for the call and only read.
        _ = try sysCall("tcsetattr") {
            unsafe withUnsafePointer(to: raw) { unsafe tcsetattr(fd.raw, TCSANOW, $0) }
        }
        let now = try TerminalModes.current(of: fd)
        guard now == self else { throw SysError(call: "tcsetattr", errno: .io) }
        return now
    }

    /// ICANON: input comes in lines.
    public var isCanonical: Bool { raw.c_lflag & tcflag_t(ICANON) != 0 }
    /// ECHO.
    public var echoes: Bool { raw.c_lflag & tcflag_t(ECHO) != 0 }
    /// The character that ends canonical input, VEOF.
    public var eofByte: UInt8 {
        // SAFETY: VEOF is an index of the control characters' array.
        unsafe withUnsafeBytes(of: raw.c_cc) { unsafe $0[Int(VEOF)] }
    }

    /// Equal flags and control characters. Not the speeds and padding, which the kernel may normalise.
    public static func == (left: TerminalModes, right: TerminalModes) -> Bool {
        // SAFETY: both are only read during the call.
        unsafe withUnsafePointer(to: left.raw) { first in
            unsafe withUnsafePointer(to: right.raw) { unsafe postern_termios_equal(first, $0) }
        } != 0
    }
}

/// A terminal's size in characters and, where the terminal knows them, pixels.
public struct TerminalWindow: Equatable, Sendable {
    public var rows: UInt16
    public var columns: UInt16
    public var xpixel: UInt16
    public var ypixel: UInt16

    public init(rows: UInt16, columns: UInt16, xpixel: UInt16 = 0, ypixel: UInt16 = 0) {
        (self.rows, self.columns, self.xpixel, self.ypixel) = (rows, columns, xpixel, ypixel)
    }

    /// What TIOCGWINSZ says of the terminal. 0 × 0 where nobody has set a size (a serial console).
    public static func size(of fd: borrowing OwnedFD) throws(SysError) -> TerminalWindow {
        var size: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
        // SAFETY: a homogeneous tuple is laid out as the C array of four that the call fills.
        _ = try sysCall("TIOCGWINSZ") {
            unsafe withUnsafeMutableBytes(of: &size) {
                unsafe postern_window_get(fd.raw, $0.baseAddress?.assumingMemoryBound(to: UInt16.self))
            }
        }
        return TerminalWindow(rows: size.0, columns: size.1, xpixel: size.2, ypixel: size.3)
    }
}

/// Questions about a terminal that is ours to use, not to own.
public enum Terminal {
    /// isatty(3).
    public static func isTerminal(_ fd: borrowing OwnedFD) -> Bool {
        isatty(fd.raw) == 1
    }

    /// Whether this process's group may read it and set its modes without being stopped.
    public static func isForeground(_ fd: borrowing OwnedFD) -> Bool {
        tcgetpgrp(fd.raw) == getpgrp()
    }

    /// The controlling terminal, whatever the standard streams are; nil without one. CLOEXEC, blocking.
    public static func controlling() -> OwnedFD? {
        // SAFETY: the literal lives for the call.
        let fd = unsafe postern_open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC, 0)
        return fd >= 0 ? OwnedFD(owning: fd) : nil
    }
}
