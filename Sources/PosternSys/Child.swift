import CPostern

/// A running or ended child, the leader of its own session and process group.
///
/// It is signalled and reaped through its pidfd. Until `reap` its pid, and so its group's id, cannot be
/// anybody else's. Dropping it neither kills nor reaps it.
public struct Child: ~Copyable {
    public let pid: Int32
    /// Polls readable once the child has ended.
    public let pidfd: OwnedFD

    /// Starts a child on a PTY's slave, its 0, 1, 2 and controlling terminal, and returns when it has called
    /// execve.
    ///
    /// Blocks until then. The descriptors are lent: our ends stay open and ours to close. The child gets
    /// default signals, an empty mask, umask 022, and no descriptor but 0-2. Into `cgroup`, where given, it
    /// is born.
    public static func spawn(
        _ spec: ChildSpec, terminal slave: borrowing OwnedFD, cgroup: borrowing Cgroup?
    ) throws(SpawnError) -> Child {
        try spawn(spec, (slave.raw, slave.raw, slave.raw), terminal: true, cgroup)
    }

    /// As above, without a terminal, on three descriptors, which may be the same.
    public static func spawn(
        _ spec: ChildSpec, stdin: borrowing OwnedFD, stdout: borrowing OwnedFD, stderr: borrowing OwnedFD,
        cgroup: borrowing Cgroup?
    ) throws(SpawnError) -> Child {
        try spawn(spec, (stdin.raw, stdout.raw, stderr.raw), terminal: false, cgroup)
    }

    private static func spawn(
        _ spec: ChildSpec, _ stdio: (Int32, Int32, Int32), terminal: Bool, _ cgroup: borrowing Cgroup?
    ) throws(SpawnError) -> Child {
        let programs = CStrings(spec.programs)
        let arguments = CStrings(spec.arguments)
        let environment = CStrings(spec.environment)
        let directory = CStrings(spec.workingDirectory.isEmpty ? [] : [spec.workingDirectory])
        let fallback = CStrings(spec.fallbackDirectory.map { [$0] } ?? [])
        let limits = spec.limits.map {
            postern_rlimit(resource: $0.resource.constant, soft: $0.soft, hard: $0.hard)
        }
        let groups = spec.credentials?.groups ?? []

        // SAFETY: an all-zero postern_spawn is valid; the pointers put in below live until the end of this
        // function.
        var raw = unsafe postern_spawn()
        unsafe raw.make_directory = spec.makeDirectory ? 1 : 0
        unsafe raw.stdio = stdio
        unsafe raw.has_terminal = terminal ? 1 : 0
        switch cgroup {
        case .some(let cgroup): unsafe raw.cgroup = cgroup.directory.raw
        case .none: unsafe raw.cgroup = -1
        }
        if let score = spec.oomScoreAdjust {
            unsafe raw.has_oom_score_adj = 1
            unsafe raw.oom_score_adj = Int32(clamping: score)
        }
        if let credentials = spec.credentials {
            unsafe raw.has_credentials = 1
            unsafe (raw.uid, raw.gid) = (credentials.uid, credentials.gid)
        }

        var (pid, pidfd): (Int32, Int32) = (0, -1)
        var failure = postern_failure()
        // SAFETY: every pointer is used inside the innermost closure only, during which its owner lives.
        let result = unsafe programs.withArray { programs in
            unsafe arguments.withArray { arguments in
                unsafe environment.withArray { environment in
                    unsafe directory.withString(at: 0) { directory in
                        unsafe fallback.withString(at: 0) { fallback in
                            unsafe limits.withUnsafeBufferPointer { limits in
                                unsafe groups.withUnsafeBufferPointer { groups in
                                    unsafe raw.programs = programs
                                    unsafe raw.argv = arguments
                                    unsafe raw.envp = environment
                                    unsafe raw.directory = directory
                                    unsafe raw.fallback = UnsafePointer(fallback)
                                    unsafe (raw.limits, raw.limit_count) = (limits.baseAddress, limits.count)
                                    unsafe (raw.groups, raw.group_count) = (groups.baseAddress, groups.count)
                                    return unsafe postern_spawn(&raw, &pid, &pidfd, &failure)
                                }
                            }
                        }
                    }
                }
            }
        }
        guard result == 0 else { throw SpawnError(failure) }
        return Child(pid: pid, pidfd: OwnedFD(owning: pidfd))
    }

    /// Signals the child alone. ESRCH once it has been reaped.
    public func signal(_ signal: Signal) throws(SysError) {
        _ = try sysCall("pidfd_send_signal") { postern_pidfd_send_signal(pidfd.raw, signal.rawValue) }
    }

    /// Signals its process group, also after the child ended, as long as it is not reaped. ESRCH when the
    /// group is empty.
    public func signalGroup(_ signal: Signal) throws(SysError) {
        _ = try sysCall("kill") { kill(-pid, signal.rawValue) }
    }

    /// Whether it has ended. It stays a zombie, and its ids ours.
    public func hasExited() throws(SysError) -> Bool {
        try sysCall("waitid") { postern_pidfd_ended(pidfd.raw) } == 1
    }

    /// Waits for the end, blocking unless `hasExited`, and frees the pid: to be called once (ECHILD after
    /// that), and nothing else after it.
    public func reap() throws(SysError) -> ExitStatus {
        var status = postern_exit()
        // SAFETY: filled by the call.
        _ = try sysCall("waitid") { unsafe postern_pidfd_reap(pidfd.raw, &status) }
        return ExitStatus(status)
    }
}
