/// Sizes and times as people read them, in podman's words.
enum Quantity {
    /// `512B`, `1.5kB`, `20MB`.
    static func bytes(_ count: UInt64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var (whole, tenth, unit) = (count, UInt64(0), 0)
        while whole >= 1000 {
            (whole, tenth) = (whole / 1000, whole % 1000 / 100)
            unit += 1
        }
        return unit == 0 || whole >= 10 || tenth == 0
            ? "\(whole)\(units[unit])" : "\(whole).\(tenth)\(units[unit])"
    }

    /// `3 seconds`, `5 minutes`, `2 hours`, of microseconds.
    static func span(_ microseconds: UInt64) -> String {
        let seconds = microseconds / 1_000_000
        let steps: [(UInt64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        // From two on, as podman: 90 minutes say more than 1 hour.
        let step = steps.first { seconds >= 2 * $0.0 } ?? (1, "second")
        let count = seconds / step.0
        return "\(count) \(step.1)\(count == 1 ? "" : "s")"
    }

    /// `5 minutes ago`. The guest's clock need not agree with ours: what is to come is now.
    static func ago(_ time: UInt64, now: UInt64) -> String { span(now > time ? now - time : 0) + " ago" }
}
