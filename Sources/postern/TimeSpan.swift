import ArgumentParser
import PosternWire

/// Spans of time as systemd writes them: `90`, `30s`, `5min`, `1h 30min`, `2d`.
enum TimeSpan {
    private static let units: [String: UInt64] = [
        "": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hr": 3600, "d": 86400,
    ]

    /// Whole seconds.
    static func seconds(_ text: String, flag: String, least: UInt64, most: UInt64 = 3_155_760_000) throws
        -> UInt64
    {
        var total: UInt64 = 0
        var rest = text.filter { $0 != " " }[...]
        guard !rest.isEmpty else { throw failure(text, flag, least, most) }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Decimal.unsigned(digits.utf8), let factor = units[String(unit)] else {
                throw failure(text, flag, least, most)
            }
            let (product, over) = number.multipliedReportingOverflow(by: factor)
            let (sum, more) = total.addingReportingOverflow(product)
            guard !over, !more else { throw failure(text, flag, least, most) }
            total = sum
        }
        guard (least...most).contains(total) else { throw failure(text, flag, least, most) }
        return total
    }

    private static func failure(_ text: String, _ flag: String, _ least: UInt64, _ most: UInt64)
        -> ValidationError
    {
        ValidationError(
            "\(flag) '\(text)': give a time like 30, 30s, 5min or 1h, from \(least) to \(most) seconds")
    }
}
