internal import PosternSys

/// Time as the session's loop has lived it, in nanoseconds.
///
/// One turn adds at most five seconds, however long the guest was frozen between two of them: a guest that
/// is paused or restored from a snapshot finds its sessions' deadlines where it left them.
struct LoopClock {
    static let longestTurn: UInt64 = 5_000_000_000

    private(set) var now: UInt64 = 0
    private var last = MonotonicClock.nanoseconds()

    mutating func turn() {
        let current = MonotonicClock.nanoseconds()
        now += min(current - last, Self.longestTurn)
        last = current
    }

    /// What to pass to poll(2) so that it wakes at `deadline`: milliseconds, rounded up, and never more than
    /// what one turn can add.
    func milliseconds(until deadline: UInt64?) -> Int? {
        guard let deadline else { return nil }
        let left = deadline > now ? deadline - now : 0
        return Int((min(left, Self.longestTurn) + 999_999) / 1_000_000)
    }
}

/// The earlier of two times or spans that need not be there.
func earliest<Time: Comparable>(_ one: Time?, _ other: Time?) -> Time? {
    guard let one else { return other }
    guard let other else { return one }
    return min(one, other)
}
