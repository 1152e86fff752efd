/// What to start and as whom. All strings are bytes without NUL; one that has a NUL ends there.
public struct ChildSpec: Sendable {
    /// A user to become: real, effective and saved ids, and all supplementary groups.
    public struct Credentials: Equatable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        public var groups: [UInt32]

        public init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
            (self.uid, self.gid, self.groups) = (uid, gid, groups)
        }
    }

    public struct Limit: Equatable, Sendable {
        public var resource: ResourceLimit
        public var soft: UInt64
        public var hard: UInt64

        public init(resource: ResourceLimit, soft: UInt64, hard: UInt64) {
            (self.resource, self.soft, self.hard) = (resource, soft, hard)
        }
    }

    /// argv, with argv[0].
    public var arguments: [[UInt8]]
    /// Paths to try in order, as execvpe does: one that is not there is skipped, EACCES is remembered.
    public var programs: [[UInt8]]
    /// `KEY=value` each; the child gets these and no others.
    public var environment: [[UInt8]] = []
    /// Where the child starts. Empty: where we are.
    public var workingDirectory: [UInt8] = []
    /// Used when the working directory cannot be entered.
    public var fallbackDirectory: [UInt8]?
    /// mkdir -p the working directory as the target user, mode 0755.
    public var makeDirectory = false
    /// Set as root, in this order, before the user changes.
    public var limits: [Limit] = []
    /// -1000…1000; nil leaves it.
    public var oomScoreAdjust: Int?
    /// Nil stays who we are.
    public var credentials: Credentials?

    public init(arguments: [[UInt8]], programs: [[UInt8]]) {
        self.arguments = arguments
        self.programs = programs
    }

    /// The paths to try for `name`: itself when it has a slash, else one per element of `path` (empty ones
    /// are the working directory, as in POSIX).
    public static func candidates(for name: [UInt8], path: [UInt8]) -> [[UInt8]] {
        let slash = UInt8(ascii: "/")
        guard !name.isEmpty else { return [] }
        if name.contains(slash) { return [name] }
        // PATH_MAX bytes at most, of a thousand directories: a peer's PATH must not become our memory.
        var paths: [[UInt8]] = []
        var start = path.startIndex
        for _ in 0..<1000 where start <= path.endIndex {
            let end = path[start...].firstIndex(of: UInt8(ascii: ":")) ?? path.endIndex
            if end - start + name.count < 4096 {
                paths.append(start == end ? name : path[start..<end] + [slash] + name)
            }
            start = end + 1
        }
        return paths
    }
}
