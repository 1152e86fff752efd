internal import PosternWire

/// How much stdin the client may send: what the queue on the way to the child has room for.
struct StdinWindow {
    private let size: UInt64
    private var received: UInt64 = 0
    private(set) var consumed: UInt64 = 0
    private var limit: UInt64

    /// - Parameter size: in bytes; the first limit, which STARTED states.
    init(size: Int) {
        self.size = UInt64(size)
        limit = self.size
    }

    mutating func receive(_ count: Int) throws(WireError) {
        received += UInt64(count)
        guard received <= limit else { throw .windowOverrun }
    }

    /// The child took, or will never take, this many bytes.
    mutating func consume(_ count: Int) { consumed += UInt64(count) }

    /// A new limit to tell the client, once a quarter of the window would be gained by it.
    mutating func grant() -> WindowUpdate? {
        let next = consumed + size
        guard next - limit >= size / 4 else { return nil }
        limit = next
        return WindowUpdate(consumed: consumed, limit: next)
    }
}

/// How much output the client takes.
struct OutputWindow {
    /// What was read from the child so far.
    private var offset: UInt64 = 0
    private var consumed: UInt64 = 0
    private var limit: UInt64

    init(limit: UInt64) { self.limit = limit }

    var room: Int { Int(clamping: limit - offset) }

    /// - Precondition: no more than `room`.
    mutating func read(_ count: Int) { offset += UInt64(count) }

    /// What the client says it has written, and up to where it takes more. Neither goes back.
    mutating func take(_ update: WindowUpdate) throws(WireError) {
        guard update.consumed <= offset, update.consumed >= consumed else {
            throw .badValue("consumed", Array(String(update.consumed).utf8))
        }
        guard update.limit >= limit else { throw .badValue("limit", Array(String(update.limit).utf8)) }
        consumed = update.consumed
        limit = update.limit
    }
}
