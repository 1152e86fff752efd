import CPostern

/// One signal that arrived.
public struct SignalInfo: Equatable, Sendable {
    public let signal: Signal
    /// si_code: 0 for kill(2), positive for the kernel's own.
    public let code: Int32
    /// Who sent it; 0 where the kernel did or another pid namespace hides it.
    public let pid: Int32
    public let uid: UInt32
}

/// Signals as something to read: no code runs in a handler.
public struct SignalFD: ~Copyable {
    /// To poll for reading.
    public let descriptor: OwnedFD

    /// Blocks the signals in this thread, for good, and opens a CLOEXEC, nonblocking signalfd for them.
    ///
    /// The process must have one thread, or the others would still take them. A pending signal is kept.
    public init(_ signals: [Signal]) throws(SysError) {
        var mask: UInt64 = 0
        for signal in signals where (1...64).contains(signal.rawValue) {
            mask |= 1 << UInt64(signal.rawValue - 1)
        }
        descriptor = OwnedFD(owning: try sysCall("signalfd") { postern_signalfd(mask) })
    }

    /// The next signal, nil when none is pending. Never blocks. Equal signals that came before a read are
    /// one.
    public func next() throws(SysError) -> SignalInfo? {
        var raw = postern_siginfo()
        // SAFETY: filled by the call, which keeps no pointer.
        let result = try sysCall("read") { unsafe postern_signalfd_next(descriptor.raw, &raw) }
        guard result == 1 else { return nil }
        return SignalInfo(signal: Signal(rawValue: raw.signal), code: raw.code, pid: raw.pid, uid: raw.uid)
    }
}
