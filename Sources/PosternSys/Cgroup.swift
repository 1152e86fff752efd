import CPostern

/// A control group of the unified hierarchy (cgroup v2).
public struct Cgroup: ~Copyable {
    /// Its path in the file system.
    public let path: String
    package let directory: OwnedFD

    /// How often signalling walks a group that keeps forking, before it gives up.
    private static let rounds = 64

    /// This process's own group, if it is `unit`'s.
    ///
    /// Nil where cgroup v2 is not mounted, or where the last component of our path is not the unit's name:
    /// then what is in there is not ours alone to signal or kill.
    public static func own(unit: String) throws(SysError) -> Cgroup? {
        guard let root = mountPoint(), let own = try ownPath() else { return nil }
        guard own.split(separator: "/").last.map(String.init) == unit else { return nil }
        return try Cgroup(path: root + own)
    }

    /// Opens the group at `path`.
    package init(path: String) throws(SysError) {
        // SAFETY: the path lives for the call.
        let fd = try sysCall("open") { unsafe postern_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        directory = OwnedFD(owning: fd)
        self.path = path
    }

    /// Makes a group below this one, or opens the one that is there. Enables no controller in it.
    public func makeChild(_ name: String) throws(SysError) -> Cgroup {
        try Files.makeDirectory(path + "/" + name, mode: 0o755)
        return try Cgroup(path: path + "/" + name)
    }

    /// A descriptor of its directory, for clone3 to put a child into the group.
    public func descriptor() throws(SysError) -> OwnedFD { try directory.duplicate() }

    /// Kills every process in it and below it, whatever its user or session. Does not wait for them to be
    /// gone.
    public func kill() throws(SysError) {
        do {
            try write("1", to: "cgroup.kill")
        } catch  where error.errno == .noEntry {
            // Before Linux 5.14.
            try signalAll(.kill)
        }
    }

    /// Signals every process in it and below it, and again those that appeared meanwhile, until none is new. One
    /// that forks faster than 64 walks escapes anything but `kill`.
    public func signalAll(
        _ signal: Signal, where isMeant: (Int32) -> Bool = { _ in true }
    ) throws(SysError) {
        var signalled: Set<Int32> = []
        for _ in 0..<Cgroup.rounds {
            let fresh = try processes().filter { !signalled.contains($0) && isMeant($0) }
            if fresh.isEmpty { return }
            for pid in fresh {
                signalled.insert(pid)
                // A process may have ended since it was listed; one that may not be signalled must not hide
                // the rest.
                _ = CPostern.kill(pid, signal.rawValue)
            }
        }
    }

    /// The processes in it and below it: container runtimes make groups of their own in the one they are given.
    public func processes() throws(SysError) -> [Int32] {
        try processes(levels: 8)
    }

    /// - Parameter levels: how far below; whoever nests deeper hides from signals, not from `kill`.
    private func processes(levels: Int) throws(SysError) -> [Int32] {
        var found = try read("cgroup.procs").split(separator: UInt8(ascii: "\n")).compactMap {
            Int32(ascii: $0)
        }
        // 0 stands for a process of another PID namespace, and means something else to kill(2).
        .filter { $0 > 0 }
        // Asked first: mostly there is no group, and always a lot of files.
        guard levels > 0, value(of: "nr_descendants", in: "cgroup.stat") ?? 0 > 0 else { return found }
        for name in try Files.list(path) {
            // Not a directory, or gone since.
            guard let below = try? Cgroup(path: path + "/" + name) else { continue }
            found += (try? below.processes(levels: levels - 1)) ?? []
        }
        return found
    }

    /// Whether a living process is in it or below it. True when that cannot be found out.
    public func isPopulated() -> Bool {
        value(of: "populated", in: "cgroup.events") != 0
    }

    /// How many processes the kernel's OOM killer took in it and below; nil without the memory controller.
    public func oomKills() -> UInt64? {
        value(of: "oom_kill", in: "memory.events")
    }

    /// The most memory it ever used, in bytes; nil without the memory controller or before Linux 5.19.
    public func peakMemory() -> UInt64? {
        // Optional information: not being there is an answer.
        guard let text = try? read("memory.peak") else { return nil }
        return UInt64(ascii: text.prefix { $0 != UInt8(ascii: "\n") })
    }

    /// Removes the empty group. EBUSY while a process is in it.
    public func remove() throws(SysError) {
        // SAFETY: the path lives for the call.
        _ = try sysCall("rmdir") { unsafe rmdir(path) }
    }

    private static func mountPoint() -> String? {
        // SAFETY: the paths live for the call.
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first { unsafe postern_is_cgroup2($0) != 0 }
    }

    private static func ownPath() throws(SysError) -> String? {
        guard let text = try Files.readSmall("/proc/self/cgroup", limit: 65536) else { return nil }
        let line = text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "0::".utf8) }
        return line.map { String(decoding: $0.dropFirst(3), as: UTF8.self) }
    }

    private func write(_ text: String, to name: String) throws(SysError) {
        // SAFETY: the path lives for the call.
        let fd = OwnedFD(
            owning: try sysCall("openat") {
                unsafe postern_openat(directory.raw, name, O_WRONLY | O_CLOEXEC, 0)
            })
        try Files.writeAll(Array(text.utf8), to: fd)
    }

    private func read(_ name: String) throws(SysError) -> [UInt8] {
        // SAFETY: the path lives for the call.
        let fd = OwnedFD(
            owning: try sysCall("openat") {
                unsafe postern_openat(directory.raw, name, O_RDONLY | O_CLOEXEC, 0)
            })
        return try Files.readAll(from: fd, limit: 1 << 20)
    }

    private func value(of key: String, in name: String) -> UInt64? {
        // Optional information: not being there is an answer.
        guard let text = try? read(name) else { return nil }
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            if words.count == 2, words[0].elementsEqual(key.utf8) { return UInt64(ascii: words[1]) }
        }
        return nil
    }
}

extension FixedWidthInteger {
    /// A decimal number and nothing else; nil also when it does not fit.
    init?(ascii digits: some Collection<UInt8>) {
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        var value: Self = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Self(digit - 48))
            if overflow || carry { return nil }
            value = sum
        }
        self = value
    }
}
