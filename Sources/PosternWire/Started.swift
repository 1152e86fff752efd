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
    /// Up to which stdin offset the worker holds everything.
    public var consumed: UInt64 = 0
    /// At which offset the output goes on.
    public var offset: UInt64 = 0
    /// The output before this offset is old.
    public var replay: UInt64 = 0
    /// Whether stdin may be sent.
    public var stdin = false
    /// Which boot of the guest this is.
    public var boot: SessionID?

    /// The worker keeps its sessions on record: they can be asked for again.
    public static let resume = "resume"

    public init(session: SessionID, pid: UInt64, tty: String?, limit: UInt64) {
        self.session = session
        self.pid = pid
        self.tty = tty
        self.limit = limit
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        var words = ""
        for feature in features { words += words.isEmpty ? feature : " " + feature }
        fields.put("features", words)
        fields.put("session", session.text)
        fields.put("pid", pid)
        fields.put("tty", tty)
        fields.put("limit", limit)
        // Of a new session all of them are 0.
        fields.put("consumed", consumed > 0 ? consumed : nil)
        fields.put("offset", offset > 0 ? offset : nil)
        fields.put("replay", replay > 0 ? replay : nil)
        fields.put("stdin", on: stdin)
        fields.put("boot", boot?.text)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var features: String?
        var session: SessionID?
        var pid: UInt64?
        var tty: String?
        var limit: UInt64?
        var offsets: (consumed: UInt64?, offset: UInt64?, replay: UInt64?)
        var stdin: Bool?
        var boot: SessionID?
        try FieldReader.each(payload) { field throws(WireError) in
            func number(_ field: Field) throws(WireError) -> UInt64 { try field.number() }
            switch field.key {
            case "version": try field.once(&version, Field.version)
            case "features": try field.once(&features) { f throws(WireError) in try f.text() }
            case "session": try field.once(&session, SessionID.init(field:))
            case "pid": try field.once(&pid, number)
            case "tty": try field.once(&tty) { f throws(WireError) in Text.printable(f.value) }
            case "limit": try field.once(&limit, number)
            case "consumed": try field.once(&offsets.consumed, number)
            case "offset": try field.once(&offsets.offset, number)
            case "replay": try field.once(&offsets.replay, number)
            case "stdin": try field.once(&stdin) { f throws(WireError) in try f.flag() }
            case "boot": try field.once(&boot, SessionID.init(field:))
            default: throw field.isUnknown
            }
        }
        guard version != nil else { throw .missingField("version") }
        guard let session else { throw .missingField("session") }
        guard let pid else { throw .missingField("pid") }
        guard let limit else { throw .missingField("limit") }
        self.init(session: session, pid: pid, tty: tty, limit: limit)
        consumed = offsets.consumed ?? 0
        offset = offsets.offset ?? 0
        replay = offsets.replay ?? 0
        self.stdin = stdin ?? false
        self.boot = boot
        guard consumed <= limit else { throw .badValue("limit", Array(String(limit).utf8)) }
        self.features = (features ?? "").split(separator: " ").map(String.init)
    }
}
