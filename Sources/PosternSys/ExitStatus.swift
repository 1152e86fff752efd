import CPostern

/// How a child ended, and what it used.
public struct ExitStatus: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case code(UInt8)
        case signal(UInt8)
    }

    public let outcome: Outcome
    public let coreDumped: Bool
    /// User and system time of the child and of those of its children it waited for.
    public let cpuMicroseconds: UInt64
    /// The largest resident set of one process among them, not their sum.
    public let maxResidentBytes: UInt64

    init(_ raw: postern_exit) {
        let value = UInt8(truncatingIfNeeded: raw.value)
        outcome = raw.signalled != 0 ? .signal(value) : .code(value)
        coreDumped = raw.core != 0
        cpuMicroseconds = raw.cpu_microseconds
        maxResidentBytes = raw.max_resident_bytes
    }
}
