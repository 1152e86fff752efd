import CPostern

/// A pipe, both ends CLOEXEC and blocking.
@frozen
public struct Pipe: ~Copyable {
    public let readEnd: OwnedFD
    public let writeEnd: OwnedFD

    public init() throws(SysError) {
        var ends: (Int32, Int32) = (-1, -1)
        // SAFETY: a homogeneous tuple is laid out as the C array that pipe2 fills.
        _ = try sysCall("pipe2") {
            unsafe withUnsafeMutableBytes(of: &ends) {
                unsafe postern_pipe2($0.baseAddress?.assumingMemoryBound(to: Int32.self), O_CLOEXEC)
            }
        }
        readEnd = OwnedFD(owning: ends.0)
        writeEnd = OwnedFD(owning: ends.1)
    }

    /// Bytes that the pipe of `fd` can hold (F_GETPIPE_SZ).
    public static func capacity(of fd: borrowing OwnedFD) throws(SysError) -> Int {
        Int(try sysCall("fcntl") { postern_pipe_capacity(fd.raw) })
    }

    /// Lets the pipe of `fd` hold `bytes` at least (F_SETPIPE_SZ).
    ///
    /// - Throws: EPERM beyond /proc/sys/fs/pipe-max-size, or what an unprivileged user may have in all.
    public static func widen(_ fd: borrowing OwnedFD, to bytes: Int) throws(SysError) {
        guard try capacity(of: fd) < bytes else { return }
        _ = try sysCall("fcntl") { postern_pipe_resize(fd.raw, Int32(clamping: bytes)) }
    }
}
