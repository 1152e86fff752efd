internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// What the loop tells of its session.
extension SessionLoop {
    /// STARTED, as the first client gets it.
    func hello() -> Started {
        var hello = Started(
            session: plan.request.session, pid: UInt64(process.child.pid), tty: process.terminalName,
            limit: machine.stdin.limit)
        hello.stdin = plan.request.stdin && !machine.stdinEnded
        if isOnRecord {
            hello.features = [Started.resume]
            // Only who may come back needs it.
            if machine.isResumable { hello.boot = SessionID.boot() }
        }
        return hello
    }

    private var isOnRecord: Bool {
        switch place {
        case .some: true
        case .none: false
        }
    }

    /// What LIST shows.
    func news() -> SessionInfo {
        var info = plan.info(pid: process.child.pid, tty: process.terminalName, started: started)
        info.idle = (clock.now - machine.lastActivity) / 1000
        info.start = log.start
        info.offset = log.end
        info.writer = writer?.text
        info.since = since
        info.mirrors = UInt64(observers.mirrors)
        info.stdin = machine.stdin.consumed
        info.stdout = output.total(.stdout)
        info.stderr = output.total(.stderr)
        if let result {
            info.state = .ended
            info.exit = result
        } else {
            info.state = machine.state
        }
        return info
    }

    /// What `systemctl status` shows.
    func showState() {
        guard result == nil else { return }
        let state =
            switch machine.state {
            case .attached: "held by \(writer?.text ?? "its client")"
            case .away: "waiting for its client"
            case .ending: "ending"
            case .detached, .ended, .lost, .silent: "detached"
            }
        Notify.send(
            "STATUS=\(plan.summary(pid: process.child.pid, tty: process.terminalName, policy)), "
                + "\(state) since \(WallClock.text(since))")
    }
}

extension SessionMachine {
    var state: SessionInfo.State {
        if isEnding { return .ending }
        return switch client {
        case .present, .dismissed: .attached
        case .away: .away
        case .detached, .gone: .detached
        }
    }
}
