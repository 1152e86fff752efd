/// What is wrong with bytes a peer sent. Every case is the peer's fault; none can be reached by our own.
public enum WireError: Error, Equatable, Sendable {
    case unknownFrame(UInt8)
    case unexpectedFrame(FrameKind)
    case badLength(FrameKind, UInt32)
    /// The payload is not fields: no final NUL, no `=`, an empty or ill-spelt key.
    case malformedFields
    case unknownField([UInt8])
    case missingField(String)
    case repeatedField(String)
    case badValue(String, [UInt8])
    /// More was sent than the receiver's window allows.
    case windowOverrun
}

extension WireError {
    /// The field this is about, where it is about one.
    public var field: String? {
        switch self {
        case .unknownField(let key): Text.printable(key)
        case .missingField(let key), .repeatedField(let key), .badValue(let key, _): key
        case .unknownFrame, .unexpectedFrame, .badLength, .malformedFields, .windowOverrun: nil
        }
    }
}

extension WireError: CustomStringConvertible {
    /// One line without control characters, fit for a terminal and a journal.
    public var description: String {
        switch self {
        case .unknownFrame(let type): "unknown frame type \(type)"
        case .unexpectedFrame(let kind): "frame \(kind) is not expected here"
        case .badLength(let kind, let length): "frame \(kind) cannot be \(length) bytes long"
        case .malformedFields: "fields are not key=value ended by NUL"
        case .unknownField(let key): "unknown field '\(Text.printable(key))'"
        case .missingField(let key): "field '\(key)' is missing"
        case .repeatedField(let key): "field '\(key)' is given twice"
        // What may be a secret is not repeated, neither to a terminal nor to a journal.
        case .badValue(let key, _) where key == "token" || key == "env": "field '\(key)' is malformed"
        case .badValue("container", let value):
            "field 'container' cannot be '\(Text.printable(value))': "
                + "give at most 64 letters and digits, behind the first also _ . and -"
        case .badValue("image", let value):
            "field 'image' cannot be '\(Text.printable(value))': "
                + "give at most 255 letters and digits, behind the first also _ . - / : @ and +"
        case .badValue(let key, let value): "field '\(key)' cannot be '\(Text.printable(value))'"
        case .windowOverrun: "more was sent than the window allows"
        }
    }
}
