internal import PosternWire

/// How much output the worker may send, and what of it was written, by absolute offsets. stdout and stderr count
/// together. What is never written, because the guest dropped it or a filter did, counts as consumed once all
/// before it was written.
struct OutputWindow {
    /// Bytes the worker may be ahead of what was written, and so the most that ever waits here.
    static let size = 1 << 20
    /// How much must have been written before it is worth a frame at once. Less than the window: the worker cannot
    /// be at its limit with nothing left here to announce.
    static let step = size / 4
    /// How long less than that may stay untold, in milliseconds: the guest keeps what was not consumed.
    static let delay: UInt64 = 200
    /// No session gets this far, and sums below it cannot overflow.
    private static let farthest = UInt64(Int64.max)

    private(set) var received: UInt64 = 0
    private(set) var consumed: UInt64 = 0
    /// The limit the worker knows of.
    private(set) var limit: UInt64
    private var announced: UInt64 = 0
    /// What the last ATTACH asked for.
    private var asked = UInt64(size)
    /// When what was consumed has to be told.
    private(set) var deadline: UInt64?

    private var queued: UInt64 = 0
    private var written: UInt64 = 0
    /// Bytes that will not be written, each behind this many that will.
    private var skips: [(behind: UInt64, count: UInt64)] = []
    private var passed = 0

    init(limit: UInt64 = UInt64(size)) { self.limit = limit }

    // MARK: - What comes

    /// `count` bytes of output came. Each is then either `queue`d or `skip`ped, now or later.
    mutating func receive(_ count: Int) throws(WireError) {
        guard received <= limit, limit - received >= UInt64(count) else { throw .windowOverrun }
        received += UInt64(count)
    }

    mutating func queue(_ count: Int) { queued += UInt64(count) }

    mutating func skip(_ count: UInt64) {
        guard count > 0 else { return }
        if let last = skips.last, last.behind == queued {
            skips[skips.count - 1].count += count
        } else {
            skips.append((queued, count))
        }
        settle()
    }

    mutating func consume(_ count: Int) {
        written += UInt64(count)
        consumed += UInt64(count)
        settle()
    }

    private mutating func settle() {
        while passed < skips.count, skips[passed].behind <= written {
            consumed += skips[passed].count
            passed += 1
        }
        // Seldom more than one, and never moved one by one.
        guard passed == skips.count || passed > 1024 else { return }
        skips.removeFirst(passed)
        passed = 0
    }

    // MARK: - Connections

    /// How many bytes a new connection may bring.
    mutating func ask() -> UInt64 {
        asked = consumed + UInt64(Self.size) - min(received, consumed + UInt64(Self.size))
        return asked
    }

    /// Where the output begins for a client that asked for no offset.
    mutating func begin(at offset: UInt64) throws(WireError) {
        guard offset <= Self.farthest else { throw Self.bad(offset) }
        (received, consumed, announced) = (offset, offset, offset)
        limit = offset + asked
    }

    /// Where it goes on. Returns how much was dropped in between.
    mutating func resume(at offset: UInt64, isAttached: Bool) throws(WireError) -> UInt64 {
        // The worker may take the offset we asked for as consumed, and would then see this go back.
        announced = max(announced, received)
        let dropped = try jump(to: offset)
        if isAttached { limit = offset + asked }
        return dropped
    }

    /// Passes over output that will not come. Returns how much that is.
    mutating func jump(to offset: UInt64) throws(WireError) -> UInt64 {
        guard offset >= received, offset <= Self.farthest else { throw Self.bad(offset) }
        let dropped = offset - received
        received = offset
        skip(dropped)
        return dropped
    }

    private static func bad(_ offset: UInt64) -> WireError { .badValue("offset", Array(String(offset).utf8)) }

    // MARK: - What the worker is told

    /// What to tell the worker, when there is enough to tell, or little for long enough.
    mutating func update(now: UInt64) -> WindowUpdate? {
        guard consumed > announced else {
            deadline = nil
            return nil
        }
        let due = deadline ?? now + Self.delay
        deadline = due
        return consumed - announced >= UInt64(Self.step) || received > limit || now >= due ? tell() : nil
    }

    /// The same at once; nil when all was told.
    mutating func tell() -> WindowUpdate? {
        deadline = nil
        guard consumed > announced else { return nil }
        announced = consumed
        limit = max(limit, consumed + UInt64(Self.size))
        return WindowUpdate(consumed: consumed, limit: limit)
    }
}
