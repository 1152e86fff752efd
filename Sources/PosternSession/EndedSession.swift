internal import PosternSys
internal import PosternWire

/// Serves a session that has ended, out of its record: the output that nobody has consumed, and how it ended.
struct EndedSession: ~Copyable {
    private let record: Record
    private let exit: Exit
    private let log: OutputLog
    private let connection: Connection
    private let signals: SignalFD
    private let isMirror: Bool
    private var window: OutputWindow
    private var clock = LoopClock()
    private var watchdog = Watchdog()
    private var lastHeard: UInt64 = 0
    private var lastPing: UInt64 = 0

    /// - Parameter record: of a session that ended with an exit status.
    static func make(
        _ record: Record, _ exit: Exit, _ request: AttachRequest, _ socket: consuming OwnedFD, _ peer: Peer,
        _ signals: consuming SignalFD
    ) throws(ErrorReport) -> EndedSession {
        let log = record.log()
        try request.check(end: log.end)
        let from = max(min(request.offset ?? record.consumed, log.end), log.start)
        let connection = Connection(
            socket, peer: peer, claim: request.claimedOperator, sent: from, input: false)
        var hello = Started(
            session: record.info.session, pid: record.info.pid ?? 0, tty: record.info.tty,
            limit: record.received)
        hello.features = [Started.resume]
        hello.boot = SessionID.boot()
        hello.consumed = record.received
        hello.offset = from
        hello.replay = log.end
        connection.append(.started, hello.encode())
        return EndedSession(
            record: record, exit: exit, log: log, connection: connection, signals: signals,
            isMirror: request.readOnly, window: OutputWindow(offset: from, size: request.window))
    }

    /// Who takes the result, for the journal.
    var place: Audit.Place {
        Audit.Place(by: connection.text, output: connection.sent, input: record.received)
    }

    /// Blocks until the client has said BYE, which is true, or is gone.
    mutating func serve() throws(SysError) -> Bool {
        var set = PollSet()
        while true {
            do throws(SysError) {
                if let end = try listen() { return end && !isMirror }
                _ = try connection.send(log, upTo: window.limit)
                if connection.sent == log.end, !connection.saidExit {
                    connection.saidExit = true
                    connection.append(.exit, exit.encode())
                    _ = try connection.flush()
                }
            } catch {
                return false
            }
            set.reset()
            let writes = connection.hasQueued || connection.sent < min(log.end, window.limit)
            _ = set.add(connection.socket, read: connection.hasRoomForReplies, write: writes)
            _ = set.add(signals.descriptor, read: true, write: false)
            let deadline = max(lastPing, lastHeard) + SessionMachine.heartbeat
            try set.wait(
                milliseconds: earliest(clock.milliseconds(until: deadline), watchdog.milliseconds))
            clock.turn()
            watchdog.feed()
            if try signals.next() != nil { return false }
            guard clock.now < lastHeard + SessionMachine.silence else { return false }
            if clock.now >= deadline, connection.hasRoomForReplies {
                lastPing = clock.now
                connection.append(.ping, [])
            }
        }
    }

    /// True when the client has all it wants, false when it is gone, nil as long as it goes on.
    private mutating func listen() throws(SysError) -> Bool? {
        guard try connection.receive() else { return false }
        if connection.hasUnread { lastHeard = clock.now }
        while connection.hasRoomForReplies {
            do throws(WireError) {
                switch try connection.next() {
                case nil: return nil
                case .control(.bye, _): return connection.saidExit
                // It gives the result up.
                case .control(.hangup, _): return true
                case .control(.window, let payload):
                    try window.take(WindowUpdate(payload), sent: connection.sent)
                case .control(.ping, let payload): connection.append(.pong, payload)
                // It does not know yet that the session has ended.
                case .control, .data: break
                }
            } catch {
                let report = ErrorReport(stage: .protocol, field: error.field, text: error.description)
                connection.append(.error, report.encode())
                _ = try connection.flush()
                return false
            }
        }
        return nil
    }

    /// For everybody who holds the connection.
    func end() { connection.shutdown() }
}
