/// Finds `^]` three times within a second, machinectl's way out of a session that does not react.
struct EscapeDetector {
    private static let key: UInt8 = 0x1D
    private static let window: UInt64 = 1_000_000_000
    private var presses: [UInt64] = []

    /// Looks at what was typed at `now` (nanoseconds); true when it completes the escape. Other keys between
    /// the three start it over.
    mutating func see(_ bytes: Span<UInt8>, at now: UInt64) -> Bool {
        for index in bytes.indices {
            guard bytes[index] == Self.key else {
                presses = []
                continue
            }
            presses.append(now)
            presses.removeAll { now - $0 > Self.window }
            if presses.count >= 3 { return true }
        }
        return false
    }
}
