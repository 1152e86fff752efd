internal import PosternSys
internal import PosternWire

/// Reaching a session's processes.
extension SessionProcess {
    /// Signals a part of the session. Processes that are gone already are no error.
    func signal(_ signal: Signal, _ scope: SignalRequest.Scope) throws(SysError) {
        if isWrapper {
            if let inside = Inside.find(among: cgroup.processes()) {
                return try self.signal(signal, scope, inside)
            }
            // Its command is out of our reach. What it has started to get there is its own: a relay that is
            // signalled, too, ends before its command does.
            return try unlessGone { () throws(SysError) in try child.signal(signal) }
        }
        switch scope {
        case .leader: try unlessGone { () throws(SysError) in try child.signal(signal) }
        case .group: try signalForeground(signal)
        case .all where cgroup.reaches: try cgroup.signalAll(signal)
        case .all:
            if foregroundGroup != nil { try signalForeground(signal) }
            try unlessGone { () throws(SysError) in try child.signalGroup(signal) }
        }
    }

    /// A wrapper relays; what it has led to is the session's.
    private func signal(
        _ signal: Signal, _ scope: SignalRequest.Scope, _ inside: Inside
    ) throws(SysError) {
        try unlessGone { () throws(SysError) in
            switch scope {
            case .leader: try Signal.send(signal, to: inside.leader)
            // A wrapper may be in the same group.
            case .group:
                try cgroup.signalAll(signal) {
                    Process.group(of: $0) == inside.foregroundGroup && Inside.contains($0)
                }
            case .all: try cgroup.signalAll(signal) { Inside.contains($0) }
            }
        }
    }

    /// Ends every process of the session, as far as they can be reached.
    func kill() throws(SysError) {
        if cgroup.reaches { try cgroup.kill() } else { try signal(.kill, .all) }
    }

    private func signalForeground(_ signal: Signal) throws(SysError) {
        try unlessGone { () throws(SysError) in
            if let group = foregroundGroup {
                try Signal.send(signal, to: -group)
            } else {
                try child.signalGroup(signal)
            }
        }
    }

    private func unlessGone(_ send: () throws(SysError) -> Void) throws(SysError) {
        do throws(SysError) { try send() } catch { guard error.errno == .noProcess else { throw error } }
    }

    /// The group in the terminal's foreground, if it is not the child's and a living process of this session
    /// is in it. The terminal keeps a group's number when all of the group are dead, and the kernel may have
    /// given it to a stranger since; the child's own is ours for as long as it is not reaped.
    private var foregroundGroup: Int32? {
        switch terminal {
        case .none: return nil
        case .some(let terminal):
            guard let group = terminal.foregroundGroup(), group != child.pid else { return nil }
            let leader = child.pid
            func isOurs(_ pid: Int32) -> Bool {
                Process.session(of: pid) == leader && Process.group(of: pid) == group
            }
            return isOurs(group) || cgroup.processes().contains(where: isOurs) ? group : nil
        }
    }
}

/// What a wrapper has led to: those of the session's processes that are in another PID namespace than the worker. A
/// wrapper that leaves its command in the session's cgroup makes it reachable by that, however many terminals and
/// processes are in between.
private struct Inside {
    /// The first of them: its parent is outside.
    let leader: Int32
    /// The group in the foreground of its terminal; its own where it has none.
    let foregroundGroup: Int32

    /// Nil when none of the processes is inside, or the first of them is gone.
    static func find(among processes: [Int32]) -> Inside? {
        for pid in processes where contains(pid) {
            guard let facts = ProcessFacts.read(pid), !contains(facts.parent) else { continue }
            let group = facts.foregroundGroup
            // A terminal keeps the number of a group that is gone.
            let lives = processes.contains { Process.group(of: $0) == group && contains($0) }
            return Inside(leader: pid, foregroundGroup: lives ? group : facts.group)
        }
        return nil
    }

    static func contains(_ pid: Int32) -> Bool {
        guard let namespace = ProcessFacts.namespace(of: pid) else { return false }
        return namespace != ProcessFacts.ownNamespace
    }
}
