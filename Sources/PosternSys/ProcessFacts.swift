import CPostern

/// What /proc tells of another process, proc_pid_stat(5). All ids are as our own PID namespace numbers them.
public struct ProcessFacts: Equatable, Sendable {
    public let parent: Int32
    public let group: Int32
    /// The group in the foreground of its terminal; -1 without a terminal.
    public let foregroundGroup: Int32

    /// Nil when the process is gone.
    public static func read(_ pid: Int32) -> ProcessFacts? {
        guard let text = try? Files.readSmall("/proc/\(pid)/stat", limit: 4096) else { return nil }
        return ProcessFacts(text)
    }

    /// The name, which is the second field, may hold spaces and parentheses itself: the last one ends it.
    init?(_ text: [UInt8]) {
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        // state ppid pgrp session tty_nr tpgid
        guard fields.count > 5, let parent = Int32(ascii: fields[1]), let group = Int32(ascii: fields[2])
        else {
            return nil
        }
        self.parent = parent
        self.group = group
        foregroundGroup = Int32(ascii: fields[5]) ?? -1
    }

    /// The PID namespace that a process is in, as a number that no other one has; nil when the process is gone.
    public static func namespace(of pid: Int32) -> UInt64? { namespace("/proc/\(pid)/ns/pid") }
    public static let ownNamespace = namespace("/proc/self/ns/pid")

    private static func namespace(_ path: String) -> UInt64? {
        var info = stat()
        // SAFETY: the path lives for the call, which fills `info`.
        guard unsafe stat(path, &info) == 0 else { return nil }
        return UInt64(info.st_ino)
    }
}
