import CPostern

/// A child that could not be started: at which step, and why. Nothing of it is left.
public struct SpawnError: Error, Equatable, Sendable {
    /// The steps, in the order in which they are taken.
    public enum Stage: Int32, Sendable {
        case fork = 1, cgroup, session, stdio, terminal, oomScore, rlimit, groups, gid, uid
        case makeDirectory, workingDirectory, exec
    }

    public let stage: Stage
    public let errno: Errno
    /// Which of the limits, of the three descriptors or of the programs; 0 elsewhere.
    public let index: Int

    package init(stage: Stage, errno: Errno, index: Int = 0) {
        self.stage = stage
        self.errno = errno
        self.index = index
    }

    init(_ failure: postern_failure) {
        self.init(
            stage: Stage(rawValue: failure.stage) ?? .fork, errno: Errno(rawValue: failure.error),
            index: Int(failure.index))
    }
}
