internal import PosternSys
internal import PosternSystemd

/// systemd's watchdog, fed at half its period, and only by a loop that has finished a turn.
struct Watchdog {
    private let period: UInt64?
    private var next: UInt64

    init() {
        period = Notify.watchdogMicroseconds.map { $0 * 1000 / 2 }
        // READY=1 has just fed it.
        next = MonotonicClock.nanoseconds() + (period ?? 0)
    }

    /// How long the loop may wait.
    var milliseconds: Int? {
        guard period != nil else { return nil }
        let now = MonotonicClock.nanoseconds()
        return next > now ? Int((next - now) / 1_000_000) + 1 : 0
    }

    mutating func feed() {
        guard let period else { return }
        let now = MonotonicClock.nanoseconds()
        guard now >= next else { return }
        next = now + period
        Notify.send("WATCHDOG=1")
    }
}
