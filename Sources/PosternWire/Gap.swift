/// GAP: a mirror was too slow, and the output goes on at a later offset.
public struct Gap: Equatable, Sendable {
    public var offset: UInt64

    public init(offset: UInt64) { self.offset = offset }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("offset", offset)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var offset: UInt64?
        try FieldReader.each(payload) { field throws(WireError) in
            guard field.key == "offset" else { throw field.isUnknown }
            try field.once(&offset) { f throws(WireError) in try f.number() }
        }
        guard let offset else { throw .missingField("offset") }
        self.init(offset: offset)
    }
}
