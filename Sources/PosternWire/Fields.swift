/// Reads the fields of a control frame: `key=value`, each ended by NUL. PROTOCOL.md, "Fields".
public struct FieldReader {
    private let payload: [UInt8]
    private var position = 0

    public init(_ payload: [UInt8]) { self.payload = payload }

    /// The next field, or nil after the last one.
    public mutating func next() throws(WireError) -> Field? {
        guard position < payload.count else { return nil }
        var equals: Int?
        var end = position
        while true {
            guard end < payload.count else { throw .malformedFields }
            let byte = payload[end]
            if byte == 0 { break }
            if equals == nil {
                if byte == UInt8(ascii: "=") {
                    equals = end
                } else if !Field.isKeyByte(byte) {
                    throw .malformedFields
                }
            }
            end += 1
        }
        guard let equals, equals > position else { throw .malformedFields }
        let field = Field(
            key: String(decoding: payload[position..<equals], as: UTF8.self),
            value: Array(payload[(equals + 1)..<end]))
        position = end + 1
        return field
    }

    /// Every field of `payload`, in order.
    static func each(
        _ payload: [UInt8], _ body: (Field) throws(WireError) -> Void
    ) throws(WireError) {
        var reader = FieldReader(payload)
        while let field = try reader.next() { try body(field) }
    }
}

/// One `key=value`. The value is bytes, without NUL; nothing says that it is UTF-8.
public struct Field: Equatable, Sendable {
    public let key: String
    public let value: [UInt8]

    /// Keys are lower-case words: letters, digits and hyphens.
    static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default:
            false
        }
    }

    var isUnknown: WireError { .unknownField(Array(key.utf8)) }
    var isBad: WireError { .badValue(key, value) }

    /// The value as a decimal number: digits only.
    func number(in range: ClosedRange<UInt64> = 0...UInt64.max) throws(WireError) -> UInt64 {
        guard let number = Decimal.unsigned(value), range.contains(number) else { throw isBad }
        return number
    }

    /// The value as a switch: `1`, or `0`.
    func flag() throws(WireError) -> Bool {
        switch value {
        case [UInt8(ascii: "1")]: true
        case [UInt8(ascii: "0")]: false
        default: throw isBad
        }
    }

    /// The value as text: UTF-8 it must be.
    func text() throws(WireError) -> String {
        guard let text = String(validating: value, as: UTF8.self) else { throw isBad }
        return text
    }

    /// Stores the value where nothing has been stored yet.
    func once<Value>(
        _ slot: inout Value?, _ read: (Field) throws(WireError) -> Value
    ) throws(WireError) {
        guard slot == nil else { throw .repeatedField(key) }
        slot = try read(self)
    }
}

/// Writes fields.
public struct FieldWriter {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// - Precondition: `value` holds no NUL. What a user typed is checked before it gets here.
    public mutating func put(_ key: String, _ value: [UInt8]) {
        precondition(!value.contains(0), "NUL in field \(key)")
        bytes += key.utf8
        bytes.append(UInt8(ascii: "="))
        bytes += value
        bytes.append(0)
    }

    public mutating func put(_ key: String, _ value: String) { put(key, Array(value.utf8)) }
    public mutating func put(_ key: String, _ value: UInt64) { put(key, String(value)) }

    /// A field that is only there when the value is.
    public mutating func put(_ key: String, _ value: [UInt8]?) { if let value { put(key, value) } }
    public mutating func put(_ key: String, _ value: String?) { if let value { put(key, value) } }
    public mutating func put(_ key: String, _ value: UInt64?) { if let value { put(key, value) } }

    /// A switch: there when it is on.
    public mutating func put(_ key: String, on: Bool) { if on { put(key, "1") } }
}

/// Decimal numbers as they stand in fields.
public enum Decimal {
    /// `digits` as a number; nil when anything but digits is there, nothing at all, or too much.
    public static func unsigned(_ digits: some Sequence<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        var any = false
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tens, overTens) = number.multipliedReportingOverflow(by: 10)
            let (sum, overSum) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overTens, !overSum else { return nil }
            number = sum
            any = true
        }
        return any ? number : nil
    }

    /// The same with an optional minus before it.
    public static func signed(_ digits: [UInt8]) -> Int64? {
        if digits.first == UInt8(ascii: "-") {
            return unsigned(digits.dropFirst()).flatMap { Int64(exactly: $0) }.map { -$0 }
        }
        return unsigned(digits).flatMap { Int64(exactly: $0) }
    }
}
