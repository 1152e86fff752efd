internal import PosternWire

/// How much output the worker may send, and what of it was written. stdout and stderr count together.
struct OutputWindow {
    /// Bytes the worker may be ahead of what was written, and so the most that ever waits here.
    static let size = 1 << 20
    /// How much must have been written before it is worth a frame. Less than the window: the worker cannot be at
    /// its limit with nothing left here to announce.
    static let step = size / 4

    private(set) var received: UInt64 = 0
    private(set) var consumed: UInt64 = 0
    private var announced: UInt64 = 0

    /// The limit the worker knows of.
    var limit: UInt64 { announced + UInt64(Self.size) }

    mutating func receive(_ count: Int) throws(WireError) {
        guard limit - received >= UInt64(count) else { throw .windowOverrun }
        received += UInt64(count)
    }

    mutating func consume(_ count: Int) { consumed += UInt64(count) }

    /// What to tell the worker, when there is enough to tell.
    mutating func update() -> WindowUpdate? {
        guard consumed - announced >= UInt64(Self.step) else { return nil }
        announced = consumed
        return WindowUpdate(consumed: consumed, limit: limit)
    }
}

/// How much stdin the worker takes.
struct InputWindow {
    private(set) var sent: UInt64 = 0
    private var consumed: UInt64 = 0
    private var limit: UInt64

    init(limit: UInt64) { self.limit = limit }

    /// Bytes that may be sent now.
    var room: Int { Int(clamping: limit - sent) }

    mutating func send(_ count: Int) { sent += UInt64(count) }

    /// Takes the worker's WINDOW. Neither value goes back, and nothing is consumed that was not sent.
    mutating func take(_ update: WindowUpdate) throws(WireError) {
        guard update.consumed >= consumed, update.consumed <= sent else {
            throw .badValue("consumed", Array(String(update.consumed).utf8))
        }
        guard update.limit >= limit else { throw .badValue("limit", Array(String(update.limit).utf8)) }
        consumed = update.consumed
        limit = update.limit
    }
}
