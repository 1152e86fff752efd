internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// A client that asks for a session that there is already, or was: it is brought to the session's own worker,
/// served out of the record, or told what has become of it.
struct Visit {
    private let frame: FirstFrame
    private let peer: Peer
    private let grant: Grant
    private let policy: Policy
    private let registry: Registry

    /// How long a session may take between two states: made and not yet listening, ended and not yet on record.
    private static let patience: UInt64 = 2_000_000_000

    init(_ frame: FirstFrame, _ peer: Peer, _ grant: Grant, _ policy: Policy) throws(ErrorReport) {
        guard let registry = try Registry(policy) else {
            throw ErrorReport(
                stage: .unsupported, text: "this unit keeps no record of its sessions (--state-dir)")
        }
        self.frame = frame
        self.peer = peer
        self.grant = grant
        self.policy = policy
        self.registry = registry
    }

    /// Serves the client, or tells it why not.
    func serve(
        _ socket: borrowing OwnedFD, _ signals: consuming SignalFD, _ audit: Audit
    ) -> Worker.ExitCode {
        do throws(ErrorReport) {
            return try answer(socket, signals, audit)
        } catch {
            var audit = audit
            audit.record(.notServed(error))
            Worker.leave(error.text)
            Farewell.send(error, on: socket)
            return .success
        }
    }

    private func answer(
        _ socket: borrowing OwnedFD, _ signals: consuming SignalFD, _ audit: Audit
    ) throws(ErrorReport) -> Worker.ExitCode {
        switch frame.request {
        case .list(let request):
            try list(request, socket)
            return .success
        case .open(let request): return try visit(request.session, socket, signals, audit)
        case .attach(let request):
            try request.checkBoot()
            return try visit(try resolve(request.session), socket, signals, audit)
        case .order(let request):
            return try visit(try resolve(request.session), socket, signals, audit)
        }
    }

    private func visit(
        _ id: SessionID, _ socket: borrowing OwnedFD, _ signals: consuming SignalFD, _ audit: Audit
    ) throws(ErrorReport) -> Worker.ExitCode {
        var clock = LoopClock()
        let deadline = clock.now + Self.patience
        while true {
            switch try found(id) {
            case .living(let record):
                if let record, !grant.sees(record.owner) { throw Registry.unknown(Array(id.text.utf8)) }
                switch HandOver.bring(
                    socket, peer, frame, template: policy.template, to: registry.socketPath(id.text))
                {
                case .taken:
                    Worker.leave("Brought \(peer.text) to session \(id.text)")
                    return .success
                case .refused(let report): throw report
                case .nobody: break
                }
            case .ended(let record):
                guard grant.sees(record.owner) else { throw Registry.unknown(Array(id.text.utf8)) }
                return try serveEnded(record, socket, signals, audit)
            case .lost(let record):
                if let record, !grant.sees(record.owner) { throw Registry.unknown(Array(id.text.utf8)) }
                return try tellLost(id, socket, audit)
            case .nothing: throw unknown(Array(id.text.utf8))
            }
            // Between two states. It is not for long, and nothing tells when it is over.
            guard clock.now < deadline else {
                throw ErrorReport.silent("session \(id.text)'s worker does not listen")
            }
            pause(milliseconds: 5)
            clock.turn()
        }
    }

    private func resolve(_ word: [UInt8]) throws(ErrorReport) -> SessionID {
        guard let id = try registry.resolve(word) else { throw unknown(word) }
        return id
    }

    /// There is none such, or no more.
    private func unknown(_ word: [UInt8]) -> ErrorReport {
        let history = policy.historyDirectory.map { History($0, template: policy.template) }
        return history?.wasBeforeThisBoot(word) == true ? .rebooted(word) : Registry.unknown(word)
    }

    private func pause(milliseconds: Int) {
        var set = PollSet()
        _ = try? set.wait(milliseconds: milliseconds)
    }

    private func found(_ id: SessionID) throws(ErrorReport) -> Registry.Found {
        do throws(SysError) { return try registry.find(id) } catch {
            throw Registry.failure(registry.directory, error)
        }
    }

    // MARK: - After the end

    private func serveEnded(
        _ record: Record, _ socket: borrowing OwnedFD, _ signals: consuming SignalFD, _ audit: Audit
    ) throws(ErrorReport) -> Worker.ExitCode {
        guard let exit = record.info.exit else { throw Self.lost(record.info.session) }
        let id = record.info.session
        let attach: AttachRequest
        switch frame.request {
        case .open(let request):
            guard request.token == record.token else {
                throw ErrorReport(
                    stage: .session, field: "session",
                    text: "session \(id.text) has ended (\(exit.outcome)); one id is one life: "
                        + "start another session, `postern attach` shows what this one left")
            }
            attach = AttachRequest(repeating: request)
        case .attach(let request): attach = request
        case .order(let request):
            try answer(request, record, socket, audit)
            return .success
        case .list: return .success
        }
        let record = try whole(id)
        var session = try EndedSession.make(
            record, exit, attach, try Worker.duplicate(socket), peer, signals)
        var audit = audit
        audit.name(record)
        Notify.send("READY=1\nSTATUS=Session \(id.text) has ended; its result goes to \(peer.text)")
        do throws(SysError) {
            if try session.serve() {
                try registry.forget(id)
                audit.record(.collected(session.place))
            }
        } catch {
            Worker.complain("postern-worker: \(error)")
        }
        session.end()
        return .success
    }

    /// The record with its output.
    private func whole(_ id: SessionID) throws(ErrorReport) -> Record {
        do throws(SysError) {
            // Somebody else may have collected it a moment ago.
            guard let record = try Record.read(registry.endedPath(id.text), whole: true) else {
                throw SysError(call: "open", errno: .noEntry)
            }
            return record
        } catch {
            throw Registry.failure(registry.endedPath(id.text), error)
        }
    }

    private static func lost(_ id: SessionID) -> ErrorReport {
        ErrorReport(
            stage: .lost, field: "session",
            text:
                "the worker of session \(id.text) died; how its command ended is unknown, and so is what it did not send"
        )
    }

    /// `rm` forgets it; whoever else asks is told.
    private func tellLost(
        _ id: SessionID, _ socket: borrowing OwnedFD, _ audit: Audit
    ) throws(ErrorReport) -> Worker.ExitCode {
        guard case .order(let request) = frame.request, request.deed == .remove,
            case .lost(let record?) = try found(id)
        else { throw Self.lost(id) }
        try answer(request, record, socket, audit)
        return .success
    }

    private func answer(
        _ request: OrderRequest, _ record: Record, _ socket: borrowing OwnedFD, _ audit: Audit
    ) throws(ErrorReport) {
        switch request.deed {
        case .signal:
            throw ErrorReport(stage: .session, text: "the session's command has ended already")
        case .wait: break
        case .remove:
            do throws(SysError) { try registry.forget(record.info.session) } catch {
                throw Registry.failure(registry.directory, error)
            }
            var audit = audit
            audit.name(record)
            audit.record(.removed(by: peer.text))
        }
        try tell([record.info], socket)
    }

    // MARK: - Lists

    private func list(
        _ request: ListRequest, _ socket: borrowing OwnedFD
    ) throws(ErrorReport) {
        let word = request.session
        let one = try word.map { word throws(ErrorReport) in try resolve(word) }
        let sessions: [SessionInfo]
        do throws(SysError) {
            _ = try registry.sweep(atMost: 64)
            let roll = Roll(registry, template: policy.template, grant: grant)
            let ids = if let one { [one] } else { try registry.ids() }
            sessions = try roll.call(ids)
        } catch {
            throw Registry.failure(registry.directory, error)
        }
        if let word, sessions.isEmpty { throw Registry.unknown(word) }
        try tell(sessions, socket)
    }

    /// Sends what was asked for, and leaves when the client has it.
    private func tell(
        _ sessions: [SessionInfo], _ socket: borrowing OwnedFD
    ) throws(ErrorReport) {
        Worker.leave("Told \(peer.text) of \(sessions.count) sessions")
        Farewell.send(
            sessions.map { FrameEncoder.frame(.session, $0.encode()) } + [FrameEncoder.frame(.session)],
            on: socket)
    }
}
