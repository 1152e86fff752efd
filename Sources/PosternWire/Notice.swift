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
