import CPostern

/// A file descriptor that belongs to exactly one value, from the call that made it to its `deinit`.
///
/// Only `deinit` closes, once and without a retry: on Linux the number is free even when close(2) fails.
@frozen
public struct OwnedFD: ~Copyable, Sendable {
    /// The number, for a call that borrows it. Never close it, never keep it.
    package let raw: Int32

    /// Takes over `raw`, which nobody else may close from now on.
    package init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        close(raw)
    }

    /// Gives the number up without closing it.
    package consuming func release() -> Int32 {
        let number = raw
        discard self
        return number
    }

    /// A second descriptor of the same open file description (its offset and status flags are shared),
    /// CLOEXEC.
    public func duplicate() throws(SysError) -> OwnedFD {
        OwnedFD(owning: try sysCall("fcntl") { postern_fcntl(raw, F_DUPFD_CLOEXEC, 3) })
    }

    /// Sets O_NONBLOCK on the description, which everybody who shares it sees: only for what we made
    /// ourselves.
    public func setNonBlocking() throws(SysError) {
        let flags = try sysCall("fcntl") { postern_fcntl(raw, F_GETFL, 0) }
        _ = try sysCall("fcntl") { postern_fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Whether O_NONBLOCK is set on the description.
    public func isNonBlocking() throws(SysError) -> Bool {
        try sysCall("fcntl") { postern_fcntl(raw, F_GETFL, 0) } & O_NONBLOCK != 0
    }

    /// Bytes that a read would return now (FIONREAD), 0 where the kind of file has no answer.
    public func bytesReadable() -> Int {
        max(0, Int(postern_bytes_readable(raw)))
    }
}
