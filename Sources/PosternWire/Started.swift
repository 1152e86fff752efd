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
