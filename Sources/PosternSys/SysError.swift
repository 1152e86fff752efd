import CPostern

/// A system call that failed: which, and why.
public struct SysError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call's name as in its man page (an ioctl's request for an ioctl).
    public let call: String
    public let errno: Errno

    public init(call: String, errno: Errno) {
        self.call = call
        self.errno = errno
    }

    public var description: String { "\(call): \(errno)" }
}

/// Makes a system call, again as long as EINTR ends it, and throws what else -1 stands for.
package func sysCall(_ name: StaticString, _ body: () -> Int32) throws(SysError) -> Int32 {
    Int32(truncatingIfNeeded: try sysCallSize(name) { Int(body()) })
}

/// `sysCall` for calls that return a size.
package func sysCallSize(_ name: StaticString, _ body: () -> Int) throws(SysError) -> Int {
    while true {
        let result = body()
        if result >= 0 { return result }
        let error = Errno.last
        if error == .interrupted { continue }
        throw SysError(call: name.description, errno: error)
    }
}

/// What a read or write came to. EPIPE, ECONNRESET, EIO and the like stay `SysError`.
public enum IOResult: Equatable, Sendable {
    /// At least one byte moved.
    case bytes(Int)
    /// EAGAIN, or nothing to do without the kernel's help: poll first.
    case wouldBlock
    /// A read returned 0.
    case endOfFile
}

/// `sysCallSize` for reads: EAGAIN and 0 are results.
package func ioCall(_ name: StaticString, _ body: () -> Int) throws(SysError) -> IOResult {
    while true {
        let result = body()
        if result > 0 { return .bytes(result) }
        if result == 0 { return .endOfFile }
        switch Errno.last {
        case .interrupted: continue
        case .again: return .wouldBlock
        case let error: throw SysError(call: name.description, errno: error)
        }
    }
}
