/// Notices that a user insists: the same thing three times within one second.
struct Insistence<Thing: Equatable> {
    static var span: UInt64 { 1000 }

    private var thing: Thing?
    private var count = 0
    private var since: UInt64 = 0

    init() {}

    /// True when this is the third. `now` in milliseconds.
    mutating func happens(_ thing: Thing, now: UInt64) -> Bool {
        if self.thing != thing || now - since > Self.span {
            (self.thing, count, since) = (thing, 0, now)
        }
        count += 1
        return count >= 3
    }

    mutating func reset() { thing = nil }
}

/// Looks for `^] ^] ^]` in what is typed, as machinectl(1) does: the bytes pass on all the same.
struct EscapeWatch {
    private static let escape: UInt8 = 0x1D
    private var insistence = Insistence<UInt8>()

    /// True when `bytes` complete the sequence. Any other byte between starts it anew.
    mutating func sees(_ bytes: Span<UInt8>, now: UInt64) -> Bool {
        for index in bytes.indices {
            if bytes[index] == Self.escape {
                if insistence.happens(Self.escape, now: now) { return true }
            } else {
                insistence.reset()
            }
        }
        return false
    }
}
