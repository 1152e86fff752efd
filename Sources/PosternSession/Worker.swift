internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// One connection, from systemd's hand to the worker's exit.
package enum Worker {
    /// What the process exits with. A client that was served, refused, or handed on in good order is a
    /// success of the worker: the client knows how it ended, the journal does, and the unit has not failed.
    package enum ExitCode: Int32, Sendable {
        case success = 0
        case failure = 1
        case usage = 64
    }

    package static func run(_ policy: Policy) -> ExitCode {
        do throws(ActivationError) {
            let signals = try signals()
            return serve(try Activation.connection(), signals, policy)
        } catch {
            complain("postern-worker: \(error)")
            return .failure
        }
    }

    /// What ends a session from outside. The child gets default signals; here a broken pipe is an errno.
    private static func signals() throws(ActivationError) -> SignalFD {
        do throws(SysError) {
            try Signal.ignore(.pipe)
            return try SignalFD([.term, .int, .hup])
        } catch {
            throw .system(error)
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
            let frame = try FirstFrame.read(from: socket, within: policy.openTimeout, signals)
            guard case .open(let request) = frame.request else {
                let visit = try Visit(frame, peer, grant, policy)
                return visit.serve(socket, signals, audit)
            }
            audit.name(request)
            let plan = try SessionPlan(request, grant: grant, policy: policy)
            audit.name(plan)
            guard let registry = try Registry(policy) else {
                return try start(plan, nil, peer, socket, signals, audit, policy)
            }
            switch try Reservation.take(request, in: registry, most: policy.maxSessions) {
            case .taken(let place):
                return try start(plan, place, peer, socket, signals, audit, policy)
            case .found:
                // Its answer may have been lost: nothing starts a second time.
                let visit = try Visit(frame, peer, grant, policy)
                return visit.serve(socket, signals, audit)
            }
        } catch {
            audit.record(.failed(error))
            leave(error.text)
            Farewell.send(error, on: socket)
            return .success
        }
    }

    /// From the child's start to its end.
    private static func start(
        _ plan: SessionPlan, _ place: consuming Reservation?, _ peer: Peer, _ socket: borrowing OwnedFD,
        _ signals: consuming SignalFD, _ audit: Audit, _ policy: Policy
    ) throws(ErrorReport) -> ExitCode {
        let connection = try duplicate(socket)
        var audit = audit
        let sandbox = try Sandbox.prepare(plan.request, owner: plan.owner, policy, socket, signals, &audit)
        let process: SessionProcess
        do throws(ErrorReport) {
            process = try SessionProcess.start(plan, policy)
        } catch {
            switch consume sandbox {
            case .some(let sandbox): sandbox.release(&audit)
            case .none: break
            }
            throw error
        }
        let (pid, tty) = (process.child.pid, process.terminalName)
        Notify.send(
            "READY=1\nSTATUS=\(plan.summary(pid: pid, tty: tty, policy)), "
                + (plan.request.detach ? "detached by \(peer.text)" : "for \(peer.text)"))
        audit.record(.started(pid: pid, tty: tty))
        do throws(SysError) {
            var loop = SessionLoop(
                plan, process, in: sandbox, place: place, socket: connection, peer: peer, signals: signals,
                audit: audit,
                policy: policy)
            try loop.run()
            // At once: the kernel closes and unmaps faster than we do, and systemd waits for it. Nor is it told first:
            // it sees the end as soon, and STOPPING=1 would cost it a second look at each session.
            Process.exitNow(ExitCode.success.rawValue)
        } catch {
            // Without poll(2) nothing can be relayed. systemd ends what is left.
            complain("postern-worker: \(error)")
            return .failure
        }
    }

    /// Clears away what a worker of this unit has left that could not do so itself: for ExecStopPost=, which gets the
    /// same INVOCATION_ID.
    package static func cleanUp(_ policy: Policy) -> ExitCode {
        var audit = Audit(peer: nil, policy: policy)
        do throws(SysError) {
            try Signal.ignore(.pipe)
            return try Sandbox.releaseLeft(policy, &audit) ? .success : .failure
        } catch {
            complain("postern-worker: \(error)")
            return .failure
        }
    }

    static func duplicate(_ socket: borrowing OwnedFD) throws(ErrorReport) -> OwnedFD {
        do throws(SysError) { return try socket.duplicate() } catch {
            throw ErrorReport(stage: .internal, errno: error.errno.name, text: "\(error)")
        }
    }

    private static func identify(_ socket: borrowing OwnedFD) throws(ErrorReport) -> Peer {
        do throws(SysError) {
            if let peer = try Peer.of(socket) { return peer }
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

    /// A unit that ended before READY=1 would be a failed one.
    static func leave(_ status: String) { Notify.send("READY=1\nSTATUS=\(status)") }

    /// To stderr, which systemd connects to the journal.
    package static func complain(_ text: String) { StandardError.write(text + "\n") }
}

extension Registry {
    /// Nil where the unit keeps no record.
    init?(_ policy: Policy) throws(ErrorReport) {
        guard let directory = policy.stateDirectory else { return nil }
        try self.init(directory, template: policy.template, keep: policy.keepEnded)
    }
}
