internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// One session, from the connection that systemd hands over to the worker's exit.
package enum Worker {
    /// What the process exits with. A session that was served, refused or not started in good order is a
    /// success of the worker: the client knows how it ended, the journal does, and the unit has not failed.
    package enum ExitCode: Int32, Sendable {
        case success = 0
        case failure = 1
        case usage = 64
    }

    package static func run(_ policy: Policy) -> ExitCode {
        do {
            // The child gets default signals; here a broken pipe is an errno.
            try Signal.ignore(.pipe)
            let signals = try SignalFD([.term, .int, .hup])
            return serve(try Activation.connection(), signals, policy)
        } catch {
            complain("postern-worker: \(error)")
            return .failure
        }
    }

    private static func serve(
        _ socket: consuming OwnedFD, _ signals: consuming SignalFD, _ policy: Policy
    ) -> ExitCode {
        var audit = Audit(peer: nil, policy: policy)
        do throws(ErrorReport) {
            let peer = try identify(socket)
            audit = Audit(peer: peer, policy: policy)
            guard let grant = policy.peers.admit(peer) else {
                return refuse(socket, policy.peers.refusal(of: peer), audit)
            }
            let request = try FirstFrame.read(from: socket, within: policy.openTimeout, signals)
            audit.name(request)
            let plan = try SessionPlan(request, grant: grant, policy: policy)
            audit.name(plan)
            let place = try Reservation.take(request, policy)
            return try start(plan, place, peer, socket, signals, audit, policy)
        } catch {
            audit.record(.failed(error))
            // Not ready, but in good order: an exit before READY=1 would be a failed unit.
            leave(error.text)
            Farewell.send(error, on: socket)
            return .success
        }
    }

    /// From the child's start to its end; the session keeps its place among the living for as long.
    private static func start(
        _ plan: SessionPlan, _ place: borrowing Reservation?, _ peer: Peer, _ socket: borrowing OwnedFD,
        _ signals: consuming SignalFD, _ audit: Audit, _ policy: Policy
    ) throws(ErrorReport) -> ExitCode {
        let process = try SessionProcess.start(plan, unit: policy.unit)
        announce(plan, process, peer, policy)
        var audit = audit
        audit.record(.started(pid: process.child.pid, tty: process.terminalName))
        return relay(plan, process, socket, signals, audit, policy)
    }

    private static func relay(
        _ plan: SessionPlan, _ process: consuming SessionProcess, _ socket: borrowing OwnedFD,
        _ signals: consuming SignalFD, _ audit: Audit, _ policy: Policy
    ) -> ExitCode {
        do throws(SysError) {
            var loop = SessionLoop(
                plan, process, socket: try socket.duplicate(), signals: signals, audit: audit, policy: policy)
            let exit = try loop.run()
            Notify.send("STOPPING=1\nSTATUS=\(exit.outcome)")
            return .success
        } catch {
            // Without poll(2) nothing can be relayed. systemd ends what is left.
            complain("postern-worker: \(error)")
            return .failure
        }
    }

    private static func identify(_ socket: borrowing OwnedFD) throws(ErrorReport) -> Peer {
        do throws(SysError) {
            switch try Sockets.peerAddress(of: socket) {
            case .vsock(let cid, let port): return .vsock(cid: cid, port: port)
            case .unix:
                if let peer = try Sockets.peerCredentials(of: socket) {
                    return .unix(pid: peer.pid, uid: peer.uid, gid: peer.gid)
                }
            case .other: break
            }
        } catch {
            throw ErrorReport(
                stage: .peer, errno: error.errno.name, text: "cannot tell who connected: \(error)")
        }
        throw ErrorReport(stage: .peer, text: "cannot tell who connected: neither a unix nor a vsock peer")
    }

    /// Says no before anything the peer has sent is read.
    private static func refuse(_ socket: borrowing OwnedFD, _ why: String, _ audit: consuming Audit)
        -> ExitCode
    {
        audit.record(.refused(why))
        leave("Refused: \(why)")
        Farewell.send(ErrorReport(stage: .peer, text: why), on: socket, reading: false)
        return .success
    }

    /// Ready and stopping at once, in two messages: in one, STOPPING=1 hides READY=1 from systemd.
    private static func leave(_ status: String) {
        Notify.send("READY=1")
        Notify.send("STOPPING=1\nSTATUS=\(status)")
    }

    /// What `systemctl status` shows.
    private static func announce(
        _ plan: SessionPlan, _ process: borrowing SessionProcess, _ peer: Peer, _ policy: Policy
    ) {
        let program =
            policy.commandLog == .none ? "a command" : Text.printable(plan.command.first ?? [], limit: 64)
        let place = process.terminalName.map { " on \($0)" } ?? ""
        let name = plan.request.name.map { " '\(Text.printable($0, limit: 64))'" } ?? ""
        Notify.send(
            "READY=1\nSTATUS=Session\(name): \(program) (\(process.child.pid)) as \(plan.user.shownName)\(place), "
                + "for \(peer.text)")
    }

    /// To stderr, which systemd connects to the journal.
    package static func complain(_ text: String) { StandardError.write(text + "\n") }
}

extension Reservation {
    /// The session's place; nil where the unit keeps no record.
    static func take(_ request: OpenRequest, _ policy: Policy) throws(ErrorReport) -> Reservation? {
        guard let directory = policy.stateDirectory else { return nil }
        return try take(request, in: directory, template: policy.template, most: policy.maxSessions)
    }
}
