internal import PosternWire

/// Spans of time as systemd.time(7) writes them: `90`, `30s`, `5min`, `1h 30min`, `2d`.
public enum TimeSpan {
    private static let units: [(names: [String], seconds: UInt64)] = [
        (["", "s", "sec", "second", "seconds"], 1),
        (["m", "min", "minute", "minutes"], 60),
        (["h", "hr", "hour", "hours"], 3600),
        (["d", "day", "days"], 86400),
        (["w", "week", "weeks"], 604_800),
    ]

    /// Whole seconds within `range`. `option` is named in the error.
    public static func seconds(
        _ text: String, option: String, in range: ClosedRange<UInt64>
    ) throws(UsageError) -> UInt64 {
        guard let total = total(text), range.contains(total) else {
            throw UsageError(
                option, given: Array(text.utf8),
                "write a time like 30, 30s, 5min or 1h, from \(range.lowerBound) to \(range.upperBound) seconds"
            )
        }
        return total
    }

    private static func total(_ text: String) -> UInt64? {
        var total: UInt64 = 0
        var rest = text.utf8.filter { $0 != UInt8(ascii: " ") }[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest.dropFirst(unit.count)
            let name = String(decoding: unit, as: UTF8.self)
            guard let number = Decimal.unsigned(digits),
                let factor = units.first(where: { $0.names.contains(name) })?.seconds
            else { return nil }
            let (product, over) = number.multipliedReportingOverflow(by: factor)
            let (sum, more) = total.addingReportingOverflow(product)
            guard !over, !more else { return nil }
            total = sum
        }
        return total
    }
}
