internal import PosternSys
internal import PosternWire

/// stdin on its way to the worker, by absolute offsets: what waits to be sent, and what was sent and may have to
/// be sent again, since the worker has not said yet that it consumed it.
struct SentInput: ~Copyable {
    /// The most that is held: the window that workers grant, twice.
    static let capacity = 256 * 1024

    /// From `base` on.
    private var kept = ByteQueue(capacity: capacity)
    private var base: UInt64 = 0
    private var sent: UInt64 = 0
    private var consumed: UInt64 = 0
    private var limit: UInt64 = 0
    private var hasEnded = false
    private var endIsSent = false
    /// Whether a lost connection is not the end: only then is anything kept once it was sent.
    private let isKept: Bool

    init(isKept: Bool) { self.isKept = isKept }

    private var end: UInt64 { base + UInt64(kept.count) }

    /// Bytes that may be added.
    var room: Int { limit > end ? min(kept.free, Int(clamping: limit - end)) : 0 }
    /// Whether all that was added has left.
    var isSent: Bool { sent == end && hasEnded == endIsSent }

    /// - Precondition: they fit.
    mutating func append(_ bytes: [UInt8]) { kept.append(bytes) }
    mutating func append(from bytes: inout ByteQueue) { kept.append(from: &bytes) }
    /// No more will be added.
    mutating func finish() { hasEnded = true }

    /// The first STARTED of this client, in a session that may be older than it.
    mutating func begin(_ started: Started) {
        // `consumed` stays: the worker holds what STARTED says, and its child may have taken less of it so far.
        (base, sent, limit) = (started.consumed, started.consumed, started.limit)
    }

    /// A later STARTED: goes on exactly after what the worker holds.
    mutating func resume(_ started: Started) throws(WireError) {
        guard (base...sent).contains(started.consumed) else {
            throw .badValue("consumed", Array(String(started.consumed).utf8))
        }
        kept.removeFirst(Int(started.consumed - base))
        begin(started)
        endIsSent = false
    }

    /// Takes the worker's WINDOW. Neither value goes back, and nothing is consumed that was not sent.
    mutating func take(_ update: WindowUpdate) throws(WireError) {
        guard update.consumed >= consumed, update.consumed <= sent else {
            throw .badValue("consumed", Array(String(update.consumed).utf8))
        }
        guard update.limit >= limit else { throw .badValue("limit", Array(String(update.limit).utf8)) }
        consumed = update.consumed
        limit = update.limit
        guard consumed > base else { return }
        kept.removeFirst(Int(consumed - base))
        base = consumed
    }

    /// Queues what may be sent, as far as the sender takes it.
    mutating func send(over sender: inout FrameSender) {
        while sent < min(end, limit), sender.takesData {
            let from = Int(sent - base)
            let count = min(Int(min(end, limit) - sent), Limits.data)
            kept.withReadable { sender.append(.stdin, $0.extracting(from..<from + count)) }
            sent += UInt64(count)
            guard !isKept else { continue }
            kept.removeFirst(count)
            base = sent
        }
        if hasEnded, !endIsSent, sent == end {
            endIsSent = true
            sender.append(.stdinEOF)
        }
    }
}
