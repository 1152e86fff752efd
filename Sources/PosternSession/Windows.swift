internal import PosternWire

/// How much stdin the client may send: what the queue on the way to the child has room for.
struct StdinWindow {
    private let size: UInt64
    private(set) var received: UInt64 = 0
    private(set) var consumed: UInt64 = 0
    private(set) var limit: UInt64

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

    /// Grants a client that comes all there is room for: what was consumed meanwhile, nobody was told.
    mutating func renew() { limit = consumed + size }

    /// A new limit to tell the client, once a quarter of the window would be gained by it.
    mutating func grant() -> WindowUpdate? {
        let next = consumed + size
        guard next - limit >= size / 4 else { return nil }
        limit = next
        return WindowUpdate(consumed: consumed, limit: next)
    }
}

/// How much output a client takes, and what it has taken.
struct OutputWindow {
    /// What it has written out. Whoever comes after it goes on here.
    private(set) var consumed: UInt64
    private(set) var limit: UInt64

    /// - Parameter offset: where it begins.
    init(offset: UInt64, size: UInt64) {
        consumed = offset
        let (limit, overflow) = offset.addingReportingOverflow(size)
        self.limit = overflow ? .max : limit
    }

    /// What the client says it has written, and up to where it takes more. Neither goes back.
    mutating func take(_ update: WindowUpdate, sent: UInt64) throws(WireError) {
        guard update.consumed <= sent, update.consumed >= consumed else {
            throw .badValue("consumed", Array(String(update.consumed).utf8))
        }
        guard update.limit >= limit else { throw .badValue("limit", Array(String(update.limit).utf8)) }
        consumed = update.consumed
        limit = update.limit
    }
}
