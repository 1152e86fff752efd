/// 128 bits: a session's id, or its writer's token. 32 lower-case hexadecimal digits on the wire.
public struct SessionID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public static let zero = SessionID(high: 0, low: 0)

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new one from the system's random source.
    public static func random() -> SessionID {
        var source = SystemRandomNumberGenerator()
        return SessionID(high: source.next(), low: source.next())
    }

    /// Exactly 32 lower-case digits, as they are written; nil for anything else.
    public init?(_ digits: [UInt8]) {
        guard digits.count == 32 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for digit in digits {
            let value: UInt64
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt64(digit - UInt8(ascii: "a")) + 10
            default: return nil
            }
            halves = (halves.0 << 4 | halves.1 >> 60, halves.1 << 4 | value)
        }
        self.init(high: halves.0, low: halves.1)
    }

    init(field: Field) throws(WireError) {
        guard let id = SessionID(field.value) else { throw field.isBad }
        self = id
    }

    public var text: String {
        func digits(_ half: UInt64) -> String {
            let short = String(half, radix: 16)
            return String(repeating: "0", count: 16 - short.utf8.count) + short
        }
        return digits(high) + digits(low)
    }
}
