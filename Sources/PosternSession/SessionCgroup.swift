internal import PosternSys
internal import PosternWire

/// The unit's cgroup, for its counters, and `session` below it, where the child is born and where every
/// process of the session stays, whatever user or terminal session it moves to.
///
/// No controller is enabled below and nothing is migrated: a write to cgroup.procs can cost milliseconds.
/// Without cgroup v2, or without a delegated unit of our own, it is empty and all its answers are "no".
struct SessionCgroup: ~Copyable {
    private let unit: Cgroup?
    /// Where clone3 puts the child.
    let session: Cgroup?
    private let oomKillsBefore: UInt64

    /// Finds the unit's cgroup and makes the session's in it.
    static func make(unit name: String?) throws(ErrorReport) -> SessionCgroup {
        guard let name else { return SessionCgroup(unit: nil, session: nil, oomKillsBefore: 0) }
        do throws(SysError) {
            let unit = try Cgroup.own(unit: name)
            let session = try below(unit)
            let kills = oomKills(of: unit)
            return SessionCgroup(unit: unit, session: session, oomKillsBefore: kills)
        } catch {
            throw ErrorReport(
                stage: .cgroup, errno: error.errno.name,
                text: "cannot make the session's cgroup: \(error); does the unit have Delegate=yes?")
        }
    }

    private static func below(_ unit: borrowing Cgroup?) throws(SysError) -> Cgroup? {
        switch unit {
        case .some(let unit): try unit.makeChild("session")
        case .none: nil
        }
    }

    private static func oomKills(of unit: borrowing Cgroup?) -> UInt64 {
        switch unit {
        case .some(let unit): unit.oomKills() ?? 0
        case .none: 0
        }
    }

    /// Whether there is a cgroup to reach the processes by.
    var reaches: Bool {
        switch session {
        case .some: true
        case .none: false
        }
    }

    func signalAll(
        _ signal: Signal, where isMeant: (Int32) -> Bool = { _ in true }
    ) throws(SysError) {
        switch session {
        case .some(let session): try session.signalAll(signal, where: isMeant)
        case .none: break
        }
    }

    /// What is in it now; nothing when that cannot be found out.
    func processes() -> [Int32] {
        switch session {
        case .some(let session): (try? session.processes()) ?? []
        case .none: []
        }
    }

    /// Whether a process of the session lives; false where there is no cgroup to tell by.
    var isPopulated: Bool {
        switch session {
        case .some(let session): session.isPopulated()
        case .none: false
        }
    }

    func kill() throws(SysError) {
        switch session {
        case .some(let session): try session.kill()
        case .none: break
        }
    }

    /// Whether the kernel killed a process of the session for want of memory.
    var ranOutOfMemory: Bool {
        Self.oomKills(of: unit) > oomKillsBefore
    }

    var peakMemory: UInt64? {
        switch unit {
        case .some(let unit): unit.peakMemory()
        case .none: nil
        }
    }
}
