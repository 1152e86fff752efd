/// ATTACH: go on with a session, or watch it. PROTOCOL.md, "ATTACH".
public struct AttachRequest: Equatable, Sendable {
    /// An id, a name, or the beginning of an id.
    public var session: [UInt8]
    /// The writer's secret. Nil only for a mirror.
    public var token: SessionID?
    /// Counts the connections with this token, from 1.
    public var connection: UInt64 = 1
    /// From which output offset to go on. Nil: what the last writer had consumed, for a mirror the oldest held.
    public var offset: UInt64?
    /// How many bytes of output the worker may send from there.
    public var window: UInt64
    /// The boot of the guest in which the session was started, where the client knows it.
    public var boot: SessionID?
    public var readOnly = false
    public var takeOver = false
    /// Who asks: a claim.
    public var claimedOperator: [UInt8]?

    /// - Parameter token: nil for a mirror.
    public init(session: [UInt8], token: SessionID?, window: UInt64) {
        self.session = session
        self.token = token
        self.window = window
        readOnly = token == nil
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("session", session)
        fields.put("token", token?.text)
        fields.put("connection", connection)
        fields.put("offset", offset)
        fields.put("window", window)
        fields.put("boot", boot?.text)
        fields.put("read-only", on: readOnly)
        fields.put("take-over", on: takeOver)
        fields.put("operator", claimedOperator)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var session: [UInt8]?
        var token: SessionID?
        var boot: SessionID?
        var numbers: (connection: UInt64?, offset: UInt64?, window: UInt64?)
        var flags: (readOnly: Bool?, takeOver: Bool?)
        var claimedOperator: [UInt8]?
        try FieldReader.each(payload) { field throws(WireError) in
            func number(_ field: Field) throws(WireError) -> UInt64 { try field.number() }
            func flag(_ field: Field) throws(WireError) -> Bool { try field.flag() }
            switch field.key {
            case "version": try field.once(&version, Field.version)
            case "session": try field.once(&session, Field.label)
            case "token": try field.once(&token, SessionID.init(field:))
            case "connection":
                try field.once(&numbers.connection) { f throws(WireError) in
                    try f.number(in: 1...UInt64.max)
                }
            case "offset": try field.once(&numbers.offset, number)
            case "window": try field.once(&numbers.window, number)
            case "boot": try field.once(&boot, SessionID.init(field:))
            case "read-only": try field.once(&flags.readOnly, flag)
            case "take-over": try field.once(&flags.takeOver, flag)
            case "operator": try field.once(&claimedOperator, Field.nonEmpty)
            default: throw field.isUnknown
            }
        }
        guard version != nil else { throw .missingField("version") }
        guard let session else { throw .missingField("session") }
        guard let window = numbers.window else { throw .missingField("window") }
        readOnly = flags.readOnly ?? false
        takeOver = flags.takeOver ?? false
        guard readOnly || token != nil else { throw .missingField("token") }
        if readOnly, takeOver { throw .badValue("take-over", [UInt8(ascii: "1")]) }
        self.session = session
        self.token = token
        self.window = window
        self.boot = boot
        connection = numbers.connection ?? 1
        offset = numbers.offset
        self.claimedOperator = claimedOperator
    }
}
