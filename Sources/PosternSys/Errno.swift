import CPostern

/// A system call's error number.
public struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// What the last failed call of this thread left behind.
    package static var last: Errno { Errno(rawValue: postern_errno()) }

    /// The symbol, as in errno(3): `ENOENT`. `E999` for a number without one.
    public var name: String {
        // SAFETY: glibc returns a constant NUL-terminated string or NULL.
        unsafe postern_errno_name(rawValue).map { unsafe String(cString: $0) } ?? "E\(rawValue)"
    }

    /// The message of strerror(3), untranslated: `No such file or directory`.
    public var text: String {
        // SAFETY: glibc returns a constant NUL-terminated string or NULL.
        unsafe postern_errno_text(rawValue).map { unsafe String(cString: $0) } ?? "Error \(rawValue)"
    }

    public var description: String { "\(text) (\(name))" }

    public static let access = Errno(rawValue: EACCES)
    public static let again = Errno(rawValue: EAGAIN)
    public static let alreadyExists = Errno(rawValue: EEXIST)
    public static let argumentsTooLong = Errno(rawValue: E2BIG)
    public static let badDescriptor = Errno(rawValue: EBADF)
    public static let brokenPipe = Errno(rawValue: EPIPE)
    public static let busy = Errno(rawValue: EBUSY)
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    public static let connectionTimedOut = Errno(rawValue: ETIMEDOUT)
    public static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    public static let interrupted = Errno(rawValue: EINTR)
    public static let invalid = Errno(rawValue: EINVAL)
    public static let io = Errno(rawValue: EIO)
    public static let isDirectory = Errno(rawValue: EISDIR)
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    public static let noDevice = Errno(rawValue: ENODEV)
    public static let noExecutable = Errno(rawValue: ENOEXEC)
    public static let noEntry = Errno(rawValue: ENOENT)
    public static let noMemory = Errno(rawValue: ENOMEM)
    public static let noProcess = Errno(rawValue: ESRCH)
    public static let noSpace = Errno(rawValue: ENOSPC)
    public static let notConnected = Errno(rawValue: ENOTCONN)
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    public static let notPermitted = Errno(rawValue: EPERM)
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    public static let notTerminal = Errno(rawValue: ENOTTY)
    public static let `protocol` = Errno(rawValue: EPROTO)
}
