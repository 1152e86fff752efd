/// RESIZE, and the size in OPEN: cells, and pixels where they are known. 0 rows or columns mean "not known".
public struct TerminalSize: Equatable, Sendable {
    public var rows: UInt16
    public var columns: UInt16
    public var pixelWidth: UInt16 = 0
    public var pixelHeight: UInt16 = 0

    public init(rows: UInt16, columns: UInt16, pixelWidth: UInt16 = 0, pixelHeight: UInt16 = 0) {
        self.rows = rows
        self.columns = columns
        self.pixelWidth = pixelWidth
        self.pixelHeight = pixelHeight
    }

    func put(in fields: inout FieldWriter) {
        fields.put("rows", UInt64(rows))
        fields.put("columns", UInt64(columns))
        if pixelWidth > 0 { fields.put("x-pixels", UInt64(pixelWidth)) }
        if pixelHeight > 0 { fields.put("y-pixels", UInt64(pixelHeight)) }
    }

    struct Reader {
        private var rows: UInt64?
        private var columns: UInt64?
        private var width: UInt64?
        private var height: UInt64?

        var any: Bool { rows != nil || columns != nil || width != nil || height != nil }

        /// False when the field is none of a size's.
        mutating func take(_ field: Field) throws(WireError) -> Bool {
            func cells(_ field: Field) throws(WireError) -> UInt64 {
                try field.number(in: 0...UInt64(UInt16.max))
            }
            switch field.key {
            case "rows": try field.once(&rows, cells)
            case "columns": try field.once(&columns, cells)
            case "x-pixels": try field.once(&width, cells)
            case "y-pixels": try field.once(&height, cells)
            default: return false
            }
            return true
        }

        func finish() throws(WireError) -> TerminalSize? {
            guard any else { return nil }
            guard let rows else { throw .missingField("rows") }
            guard let columns else { throw .missingField("columns") }
            return TerminalSize(
                rows: UInt16(rows), columns: UInt16(columns), pixelWidth: UInt16(width ?? 0),
                pixelHeight: UInt16(height ?? 0))
        }
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        put(in: &fields)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var size = Reader()
        try FieldReader.each(payload) { field throws(WireError) in
            guard try size.take(field) else { throw field.isUnknown }
        }
        guard let whole = try size.finish() else { throw .missingField("rows") }
        self = whole
    }
}

/// SIGNAL. The signal stays as the client wrote it: the guest knows its own signals.
public struct SignalRequest: Equatable, Sendable {
    public enum Scope: String, Sendable, CaseIterable {
        /// The child alone.
        case leader
        /// Its process group; with a terminal, the terminal's foreground group.
        case group
        /// Every process of the session.
        case all
    }
    /// `TERM`, `SIGTERM`, `15`, `RTMIN+3`.
    public var signal: [UInt8]
    public var scope: Scope

    public init(signal: [UInt8], scope: Scope = .group) {
        self.signal = signal
        self.scope = scope
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("signal", signal)
        fields.put("scope", scope.rawValue)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var signal: [UInt8]?
        var scope: Scope?
        try FieldReader.each(payload) { field throws(WireError) in
            switch field.key {
            case "signal": try field.once(&signal, Field.nonEmpty)
            case "scope":
                try field.once(&scope) { f throws(WireError) in
                    guard let scope = Scope(rawValue: try f.text()) else { throw f.isBad }
                    return scope
                }
            default: throw field.isUnknown
            }
        }
        guard let signal else { throw .missingField("signal") }
        self.init(signal: signal, scope: scope ?? .group)
    }
}

/// WINDOW: what the sender of this frame has consumed of the other's data, and up to where it takes more.
/// Absolute offsets in bytes from the session's start; neither ever goes back.
public struct WindowUpdate: Equatable, Sendable {
    public var consumed: UInt64
    public var limit: UInt64

    public init(consumed: UInt64, limit: UInt64) {
        self.consumed = consumed
        self.limit = limit
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("consumed", consumed)
        fields.put("limit", limit)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var consumed: UInt64?
        var limit: UInt64?
        try FieldReader.each(payload) { field throws(WireError) in
            switch field.key {
            case "consumed": try field.once(&consumed) { f throws(WireError) in try f.number() }
            case "limit": try field.once(&limit) { f throws(WireError) in try f.number() }
            default: throw field.isUnknown
            }
        }
        guard let consumed else { throw .missingField("consumed") }
        guard let limit else { throw .missingField("limit") }
        guard consumed <= limit else { throw .badValue("limit", Array(String(limit).utf8)) }
        self.init(consumed: consumed, limit: limit)
    }
}

/// STARTED: the session lives.
public struct Started: Equatable, Sendable {
    public var session: SessionID
    /// The child's process id, as the guest's PID namespace of the worker has it.
    public var pid: UInt64
    /// The terminal's device name, `/dev/pts/3`.
    public var tty: String?
    /// Up to which stdin offset the client may send.
    public var limit: UInt64
    /// Words, each a capability beyond this version's base.
    public var features: [String] = []

    public init(session: SessionID, pid: UInt64, tty: String?, limit: UInt64) {
        self.session = session
        self.pid = pid
        self.tty = tty
        self.limit = limit
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("features", features.joined(separator: " "))
        fields.put("session", session.text)
        fields.put("pid", pid)
        fields.put("tty", tty)
        fields.put("limit", limit)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var features: String?
        var session: SessionID?
        var pid: UInt64?
        var tty: String?
        var limit: UInt64?
        try FieldReader.each(payload) { field throws(WireError) in
            switch field.key {
            case "version": try field.once(&version) { f throws(WireError) in try f.number(in: 1...1) }
            case "features": try field.once(&features) { f throws(WireError) in try f.text() }
            case "session": try field.once(&session, SessionID.init(field:))
            case "pid": try field.once(&pid) { f throws(WireError) in try f.number() }
            case "tty": try field.once(&tty) { f throws(WireError) in Text.printable(f.value) }
            case "limit": try field.once(&limit) { f throws(WireError) in try f.number() }
            default: throw field.isUnknown
            }
        }
        guard version != nil else { throw .missingField("version") }
        guard let session else { throw .missingField("session") }
        guard let pid else { throw .missingField("pid") }
        guard let limit else { throw .missingField("limit") }
        self.init(session: session, pid: pid, tty: tty, limit: limit)
        self.features = (features ?? "").split(separator: " ").map(String.init)
    }
}

/// ERROR: the last frame of a connection that did not end with EXIT.
public struct ErrorReport: Error, Equatable, Sendable {
    /// Where it went wrong. Receivers treat one they do not know as a failure of the worker's own.
    public var stage: String
    /// The errno's name, `ENOENT`, where a system call failed.
    public var errno: String?
    /// The field of the request it is about.
    public var field: String?
    public var text: String

    public init(stage: Stage, errno: String? = nil, field: String? = nil, text: String) {
        self.stage = stage.rawValue
        self.errno = errno
        // A peer chose the key, and the frame has its limit.
        self.field = field.map { Text.cut($0, to: Limits.text / 4) }
        self.text = Text.cut(text)
    }

    public enum Stage: String, Sendable, CaseIterable {
        // Before a session was asked for.
        case activation, peer, deadline, `protocol`, unsupported
        // What was asked for.
        case open, policy, session, user, group
        // Making it so.
        case cleanup, cgroup, pty, pipe, fork, rlimit, oomScore = "oom-score", terminal, credentials, mkdir,
            cwd
        case exec
        // A session's end that is not its child's.
        case stop, shutdown, reboot, lost, `internal`
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("stage", stage)
        fields.put("errno", errno)
        fields.put("field", field)
        // Texts quote what a peer sent; a NUL among it was escaped by Text.printable.
        fields.put("text", text)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var stage: String?
        var errno: String?
        var about: String?
        var text: String?
        try FieldReader.each(payload) { field throws(WireError) in
            func shown(_ field: Field) throws(WireError) -> String { Text.printable(field.value) }
            switch field.key {
            case "version": try field.once(&version) { f throws(WireError) in try f.number() }
            case "stage": try field.once(&stage, shown)
            case "errno": try field.once(&errno, shown)
            case "field": try field.once(&about, shown)
            case "text": try field.once(&text, shown)
            default: throw field.isUnknown
            }
        }
        guard let stage else { throw .missingField("stage") }
        guard let text else { throw .missingField("text") }
        self.stage = stage
        self.errno = errno
        self.field = about
        self.text = text
    }
}

/// NOTICE: something the client asked for was not done, and the session goes on.
public struct Notice: Equatable, Sendable {
    /// The frame it answers: `signal`.
    public var about: String
    public var text: String

    public init(about: String, text: String) {
        self.about = about
        self.text = Text.cut(text)
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("about", about)
        fields.put("text", text)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var about: String?
        var text: String?
        try FieldReader.each(payload) { field throws(WireError) in
            func shown(_ field: Field) throws(WireError) -> String { Text.printable(field.value) }
            switch field.key {
            case "about": try field.once(&about, shown)
            case "text": try field.once(&text, shown)
            default: throw field.isUnknown
            }
        }
        guard let about else { throw .missingField("about") }
        guard let text else { throw .missingField("text") }
        self.about = about
        self.text = text
    }
}
