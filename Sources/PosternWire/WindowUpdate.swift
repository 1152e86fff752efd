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
