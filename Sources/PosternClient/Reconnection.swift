/// When to try again to reach a worker whose connection was lost, and when to give up. Milliseconds of loop time.
struct Reconnection {
    /// The pauses before each try; the last one repeats.
    private static let pauses: [UInt64] = [0, 100, 200, 500, 1000, 2000]
    /// A connection that lasted less than this did not help: the pauses go on where they were.
    private static let proof: UInt64 = 1000

    private var tries = 0
    /// When the connection was lost.
    private(set) var since: UInt64 = 0
    private(set) var until: UInt64 = 0
    /// When the next try is due.
    private(set) var next: UInt64 = 0
    /// Whether a try has failed since then.
    private(set) var hasFailed = false

    /// The connection was lost `now`, after it had been of use since `upSince`.
    mutating func begin(now: UInt64, upSince: UInt64?, span: UInt64) {
        if let upSince, now - upSince >= Self.proof { tries = 0 }
        since = now
        until = now + span
        hasFailed = false
        next = now + Self.pauses[tries]
    }

    /// The last try came to nothing.
    mutating func fail(now: UInt64) {
        hasFailed = true
        next = now + Self.pauses[tries]
    }

    /// The session is back.
    mutating func succeed() { until = 0 }

    /// A try begins.
    mutating func attempt() { tries = min(tries + 1, Self.pauses.count - 1) }
}
