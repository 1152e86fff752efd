internal import PosternSys

/// Time as the loop has lived it, in milliseconds.
///
/// One turn adds at most five seconds, however long this process was stopped between two of them: a laptop that
/// wakes up, or a ^Z, is no silence of the guest's.
struct LoopClock {
    static let longestTurn: UInt64 = 5000

    private(set) var now: UInt64 = 0
    private var last = MonotonicClock.milliseconds()

    mutating func turn() {
        let current = MonotonicClock.milliseconds()
        now += min(current - last, Self.longestTurn)
        last = current
    }

    /// What to pass to poll(2) so that it wakes at `deadline`, and never more than what one turn can add.
    func milliseconds(until deadline: UInt64?) -> Int? {
        guard let deadline else { return nil }
        return Int(min(deadline > now ? deadline - now : 0, Self.longestTurn))
    }
}

/// The earlier of two times that need not be there.
func earliest(_ one: UInt64?, _ other: UInt64?) -> UInt64? {
    guard let one else { return other }
    guard let other else { return one }
    return min(one, other)
}
