/// SESSION: a session as LIST and ORDER show it. PROTOCOL.md, "LIST and ORDER".
public struct SessionInfo: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case attached
        /// It lingers: its client's connection was lost, and it waits.
        case away
        case detached
        /// It was hung up, and has its grace.
        case ending
        case ended
        /// Its worker died; nobody knows how the command ended.
        case lost
        /// Its worker does not answer.
        case silent
    }

    public var session: SessionID
    public var state: State
    public var name: [UInt8]?
    /// As whom it runs.
    public var user: [UInt8]?
    /// The command: as much of it as `longestCommand` holds.
    public var arguments: [[UInt8]] = []
    public var pid: UInt64?
    public var tty: String?
    /// Microseconds since the epoch.
    public var started: UInt64?
    /// Microseconds since the last byte in either direction.
    public var idle: UInt64?
    /// The output that is held: from the first offset up to the second.
    public var start: UInt64?
    public var offset: UInt64?
    /// Who holds it.
    public var writer: String?
    /// Since when it is in this state, in microseconds since the epoch.
    public var since: UInt64?
    public var mirrors: UInt64?
    /// Bytes so far. Once it has ended, `exit` says the same.
    public var stdin: UInt64 = 0
    public var stdout: UInt64 = 0
    public var stderr: UInt64 = 0
    public var exit: Exit?

    /// The most bytes of the command that are shown.
    public static let longestCommand = 1024

    public init(session: SessionID, state: State) {
        self.session = session
        self.state = state
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("session", session.text)
        fields.put("state", state.rawValue)
        fields.put("name", name)
        fields.put("user", user)
        var room = Self.longestCommand
        for argument in arguments where room > 0 {
            fields.put("arg", Array(argument.prefix(room)))
            // Empty arguments take room, too: the frame has its limit.
            room -= argument.count + 8
        }
        fields.put("pid", pid)
        fields.put("tty", tty)
        fields.put("started-usec", started)
        fields.put("idle-usec", idle)
        fields.put("start", start)
        fields.put("offset", offset)
        fields.put("writer", writer.map { Text.cut($0, to: Limits.text / 4) })
        fields.put("since-usec", since)
        fields.put("mirrors", mirrors)
        if let exit {
            exit.put(into: &fields)
        } else {
            fields.put("stdin", stdin)
            fields.put("stdout", stdout)
            fields.put("stderr", stderr)
        }
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var session: SessionID?
        var state: State?
        var ending = Exit.Fields()
        var info = SessionInfo(session: .zero, state: .silent)
        try FieldReader.each(payload) { field throws(WireError) in
            func number(_ field: Field) throws(WireError) -> UInt64 { try field.number() }
            func shown(_ field: Field) throws(WireError) -> String { Text.printable(field.value) }
            switch field.key {
            case "session": try field.once(&session, SessionID.init(field:))
            case "state":
                try field.once(&state) { f throws(WireError) in
                    guard let state = State(rawValue: try f.text()) else { throw f.isBad }
                    return state
                }
            case "name": try field.once(&info.name, Field.nonEmpty)
            case "user": try field.once(&info.user, Field.nonEmpty)
            case "arg": info.arguments.append(field.value)
            case "pid": try field.once(&info.pid, number)
            case "tty": try field.once(&info.tty, shown)
            case "started-usec": try field.once(&info.started, number)
            case "idle-usec": try field.once(&info.idle, number)
            case "start": try field.once(&info.start, number)
            case "offset": try field.once(&info.offset, number)
            case "writer": try field.once(&info.writer, shown)
            case "since-usec": try field.once(&info.since, number)
            case "mirrors": try field.once(&info.mirrors, number)
            default:
                guard try ending.take(field) else { throw field.isUnknown }
            }
        }
        guard let session else { throw .missingField("session") }
        guard let state else { throw .missingField("state") }
        info.session = session
        info.state = state
        info.exit = try ending.finish()
        (info.stdin, info.stdout, info.stderr) = (
            ending.bytes.stdin ?? 0, ending.bytes.stdout ?? 0, ending.bytes.stderr ?? 0
        )
        self = info
    }
}
