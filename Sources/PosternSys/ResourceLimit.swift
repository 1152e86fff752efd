import CPostern

/// One of the 16 limits of setrlimit(2).
public struct ResourceLimit: Hashable, Sendable {
    /// The name as in ulimit, systemd and OCI without prefix: `nofile`.
    public let name: String
    /// The kernel's RLIMIT_ constant. x86-64 and arm64 agree on them.
    package let constant: Int32

    /// No limit: RLIM_INFINITY.
    public static let unlimited = UInt64.max

    public static let table: [ResourceLimit] = [
        ResourceLimit(name: "as", constant: 9), ResourceLimit(name: "core", constant: 4),
        ResourceLimit(name: "cpu", constant: 0), ResourceLimit(name: "data", constant: 2),
        ResourceLimit(name: "fsize", constant: 1), ResourceLimit(name: "locks", constant: 10),
        ResourceLimit(name: "memlock", constant: 8), ResourceLimit(name: "msgqueue", constant: 12),
        ResourceLimit(name: "nice", constant: 13), ResourceLimit(name: "nofile", constant: 7),
        ResourceLimit(name: "nproc", constant: 6), ResourceLimit(name: "rss", constant: 5),
        ResourceLimit(name: "rtprio", constant: 14), ResourceLimit(name: "rttime", constant: 15),
        ResourceLimit(name: "sigpending", constant: 11), ResourceLimit(name: "stack", constant: 3),
    ]

    public static func named(_ name: [UInt8]) -> ResourceLimit? {
        table.first { $0.name.utf8.elementsEqual(name) }
    }

    /// This process's own soft and hard limit.
    public func current() throws(SysError) -> (soft: UInt64, hard: UInt64) {
        var (soft, hard): (UInt64, UInt64) = (0, 0)
        // SAFETY: the call fills both.
        _ = try sysCall("getrlimit") { unsafe postern_limits_get(constant, &soft, &hard) }
        return (soft, hard)
    }
}
