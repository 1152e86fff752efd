internal import PosternSys
internal import PosternWire

/// Clients that come to a living session, and leave it.
extension SessionLoop {
    // MARK: - The door

    /// Says what the session is, and opens the door to those who ask for it.
    mutating func enterRecord() {
        let path: String
        switch place {
        case .none: return
        case .some(let place):
            path = place.registry.socketPath(place.session.text)
            do throws(ErrorReport) { try place.note(plan.record(news())) } catch {
                audit.record(.noDoor(error.text))
            }
            // In passing, what dead workers left; what cannot be cleared away stays for the next.
            _ = try? place.registry.sweep(atMost: 8)
        }
        if machine.isResumable { history?.note(plan.request.session) }
        do throws(SysError) {
            door = try ControlDoor.open(path, template: policy.template)
        } catch {
            // The session runs; nobody can come back to it, and who tries is told that it does not answer.
            audit.record(.noDoor("\(error)"))
        }
    }

    mutating func serveDoor() {
        for caller in door?.serve(set, at: clock.now) ?? [] { answer(caller) }
    }

    mutating func answer(_ caller: Caller) {
        while let want = caller.want {
            switch want {
            case .news: caller.tell(news())
            case .admission(let peer, let frame):
                do throws(ErrorReport) {
                    try judge(frame, from: peer)
                    caller.go()
                } catch {
                    caller.refuse(error)
                }
            case .arrival(let peer, let frame):
                switch caller.takeClient() {
                case .some(let socket): admit(socket, peer, frame)
                case .none: break
                }
            }
        }
    }

    /// Whether a client may do what it wants. It is asked twice: before its connection comes, and then.
    private func judge(_ frame: FirstFrame, from peer: Peer) throws(ErrorReport) {
        guard let grant = policy.peers.admit(peer), grant.sees(owner) else {
            throw Registry.unknown(Array(plan.request.session.text.utf8))
        }
        switch frame.request {
        case .open(let request):
            guard request.isRepeat(of: plan.request) else { throw Self.taken(plan.request.session) }
            _ = try seat.judge(AttachRequest(repeating: request), holder: holder)
        case .attach(let request) where request.readOnly:
            try checkOffset(request)
            guard observers.mirrors < policy.maxMirrors else {
                throw ErrorReport(
                    stage: .policy, field: "read-only",
                    text:
                        "\(policy.maxMirrors) mirrors watch already, as many as this unit allows (--max-mirrors)"
                )
            }
        case .attach(let request):
            try checkOffset(request)
            _ = try seat.judge(request, holder: holder)
        case .order(let request): try judge(request)
        case .list: break
        }
    }

    private func judge(_ order: OrderRequest) throws(ErrorReport) {
        guard case .signal(let request) = order.deed else { return }
        guard Signal(request.signal) != nil else {
            throw ErrorReport(
                stage: .open, field: "signal",
                text: "unknown signal '\(Text.printable(request.signal, limit: 64))': nothing was sent")
        }
        guard !machine.childHasExited else {
            throw ErrorReport(stage: .session, text: "the session's command has ended already")
        }
    }

    static func taken(_ session: SessionID) -> ErrorReport {
        ErrorReport(
            stage: .session, field: "session",
            text: "session \(session.text) lives already, and is another request's")
    }

    private func checkOffset(_ request: AttachRequest) throws(ErrorReport) {
        try request.check(end: log.end)
        try request.checkBoot()
    }

    /// Who holds the session, and since when; nil when nobody is connected.
    private var holder: String? { writer.map { "\($0.text) since \(WallClock.text(since))" } }

    var owner: UInt32 { plan.owner }

    // MARK: - Coming

    private mutating func admit(_ socket: consuming OwnedFD, _ peer: Peer, _ frame: FirstFrame) {
        do throws(ErrorReport) {
            try judge(frame, from: peer)
        } catch {
            // It has changed since it was asked.
            let connection = Connection(socket, peer: peer, claim: nil, sent: 0, input: false)
            connection.append(.error, error.encode())
            return part(connection)
        }
        switch frame.request {
        case .open(let request) where request.detach:
            // The answer was lost, and the session goes on without anybody.
            let connection = Connection(socket, peer: peer, claim: nil, sent: 0, input: false)
            connection.append(.started, hello().encode())
            part(connection)
        case .open(let request): attach(AttachRequest(repeating: request), socket, peer)
        case .attach(let request) where request.readOnly: mirror(request, socket, peer)
        case .attach(let request): attach(request, socket, peer)
        case .order(let request): obey(request, socket, peer)
        case .list: break
        }
    }

    /// Seats a writer.
    private mutating func attach(_ request: AttachRequest, _ socket: consuming OwnedFD, _ peer: Peer) {
        // Judged a moment ago.
        guard let claim = try? seat.judge(request, holder: holder) else { return }
        let from = max(request.offset ?? machine.output.consumed, log.start)
        let connection = Connection(
            socket, peer: peer, claim: request.claimedOperator, sent: from, input: plan.request.stdin)
        seat.seat(request)
        if let old = writer {
            if claim == .takesOver {
                let text = "the session was taken over by \(connection.text)"
                old.append(.error, ErrorReport(stage: .takenOver, text: text).encode())
                part(old)
            } else {
                old.shutdown()
            }
        }
        // What the old connection still held is lost with it: the client sends it again.
        writer = connection
        handle(.attached(offset: from, window: request.window))
        var hello = hello()
        hello.consumed = machine.stdin.received
        hello.offset = from
        hello.replay = log.end
        connection.append(.started, hello.encode())
        since = WallClock.microseconds()
        audit.writer = connection.text
        let place = Audit.Place(by: connection.text, output: from, input: machine.stdin.received)
        switch claim {
        case .resumes: audit.record(.resumed(place))
        case .attaches: audit.record(.attached(place))
        case .takesOver: audit.record(.takenOver(place))
        }
        showState()
    }

    private mutating func mirror(_ request: AttachRequest, _ socket: consuming OwnedFD, _ peer: Peer) {
        let from = max(request.offset ?? log.start, log.start)
        let connection = Connection(
            socket, peer: peer, claim: request.claimedOperator, sent: from, input: false)
        var hello = hello()
        hello.offset = from
        hello.replay = log.end
        hello.stdin = false
        hello.limit = 0
        connection.append(.started, hello.encode())
        observers.add(
            Observer(
                connection, .mirror, window: OutputWindow(offset: from, size: request.window), now: clock.now)
        )
        audit.record(.mirror(Audit.Place(by: connection.text, output: from, input: 0)))
    }

    private mutating func obey(_ request: OrderRequest, _ socket: consuming OwnedFD, _ peer: Peer) {
        let connection = Connection(socket, peer: peer, claim: request.claimedOperator, sent: 0, input: false)
        switch request.deed {
        case .signal(let wanted):
            if let signal = Signal(wanted.signal) {
                perform(.signal(signal, wanted.scope))
                audit.record(.ordered(signal, wanted.scope, by: connection.text))
            }
            connection.append(.session, news().encode())
            connection.append(.session, [])
            return part(connection)
        case .remove:
            audit.record(.removed(by: connection.text))
            handle(.removed)
        case .wait: break
        }
        observers.add(
            Observer(connection, .waiter, window: OutputWindow(offset: 0, size: 0), now: clock.now))
    }

    // MARK: - Leaving

    /// Lets a connection read what it was sent, for a moment.
    private mutating func part(_ connection: Connection) {
        observers.add(
            Observer(connection, .parting, window: OutputWindow(offset: 0, size: 0), now: clock.now))
    }

    /// The writer leaves, and the session stays.
    mutating func detachWriter() {
        history?.note(plan.request.session)
        since = WallClock.microseconds()
        if let writer {
            self.writer = nil
            writer.append(.session, news().encode())
            part(writer)
        }
        showState()
    }

    mutating func disconnectWriter() {
        guard let writer else { return }
        writer.shutdown()
        self.writer = nil
        since = WallClock.microseconds()
        showState()
    }
}
