import CPostern

/// The last bytes of a stream, by absolute offset: `start..<end` are held, `end` grows as bytes are read, and
/// `start` follows it, so that never more than `capacity` are held.
///
/// Bytes are read into it once and sent from it as often as needed, without a copy between. Pages are touched
/// as the stream grows into them: a stream that says little costs little.
@safe
public struct ByteRing: ~Copyable {
    /// The most bytes it holds.
    public let capacity: Int
    /// The offset of the oldest byte held.
    public private(set) var start: UInt64 = 0
    /// The offset behind the newest.
    public private(set) var end: UInt64 = 0
    /// More than the capacity, so that a read has somewhere to go before the oldest bytes leave.
    private let size: Int
    private let base: UnsafeMutableRawPointer

    /// The most bytes that one `fill` reads.
    public static let longestRead = 64 * 1024

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        size = capacity + ByteRing.longestRead
        // SAFETY: owned by this value alone and freed once, in deinit.
        guard let memory = unsafe malloc(size) else { fatalError("out of memory") }
        unsafe base = memory
    }

    deinit {
        // SAFETY: from malloc in init; nobody else holds it.
        unsafe CPostern.free(base)
    }

    /// Bytes held.
    public var count: Int { Int(end - start) }

    /// read(2) of at most `limit` bytes, fewer where the ring wraps. What is then above the capacity is
    /// dropped, oldest first.
    public mutating func fill(from fd: borrowing OwnedFD, atMost limit: Int) throws(SysError) -> IOResult {
        let position = Int(end % UInt64(size))
        let length = min(limit, ByteRing.longestRead, size - position)
        guard length > 0 else { return .wouldBlock }
        // SAFETY: `length` bytes from `position` on lie in the allocation, and none of them is held: held are at
        // most `capacity` bytes before `end`, and the rest of the ring has room for the longest read.
        let result = try ioCall("read") { unsafe read(fd.raw, base + position, length) }
        if case .bytes(let count) = result { grow(by: count) }
        return result
    }

    /// Adds bytes; the oldest above the capacity are dropped.
    public mutating func append(_ bytes: Span<UInt8>) {
        var taken = 0
        while taken < bytes.count {
            let position = Int(end % UInt64(size))
            let length = min(bytes.count - taken, ByteRing.longestRead, size - position)
            // SAFETY: as in `fill`; the source is another owner's.
            unsafe bytes.extracting(taken..<taken + length).withUnsafeBytes { source in
                guard let from = source.baseAddress else { return }
                unsafe (base + position).copyMemory(from: from, byteCount: length)
            }
            grow(by: length)
            taken += length
        }
    }

    private mutating func grow(by count: Int) {
        end += UInt64(count)
        if end - start > UInt64(capacity) { start = end - UInt64(capacity) }
    }

    /// Forgets what is before `offset`, which must not be beyond the end.
    public mutating func drop(before offset: UInt64) {
        precondition(offset <= end)
        start = max(start, offset)
    }

    /// Begins, empty, at an offset that is not 0.
    public mutating func begin(at offset: UInt64) {
        precondition(end == 0)
        (start, end) = (offset, offset)
    }

    /// Sends a header and then the bytes of `range`, which must be held, in one sendmsg(2) that neither blocks
    /// nor raises SIGPIPE. The result counts both.
    public func send(
        _ header: InlineArray<5, UInt8>, _ range: Range<UInt64>, to socket: borrowing OwnedFD
    ) throws(SysError) -> IOResult {
        let (first, second) = pieces(range)
        // SAFETY: the pieces lie in the allocation; the header lives for the call.
        return try ioCall("sendmsg") {
            unsafe header.span.withUnsafeBytes { head in
                unsafe postern_send_parts(
                    socket.raw, head.baseAddress, head.count, base + first.position, first.length,
                    base + second.position, second.length)
            }
        }
    }

    /// Adds the bytes of `range`, which must be held, to `queue`, which must have room.
    public func copy(_ range: Range<UInt64>, to queue: inout ByteQueue) {
        let (first, second) = pieces(range)
        for piece in [first, second] where piece.length > 0 {
            // SAFETY: the piece lies in the allocation and is initialised; the span does not outlive the call.
            let bytes = unsafe UnsafeBufferPointer(
                start: (base + piece.position).assumingMemoryBound(to: UInt8.self), count: piece.length)
            queue.append(unsafe bytes.span)
        }
    }

    private struct Piece {
        let position: Int
        let length: Int
    }

    /// Where the bytes of `range` lie: in one piece, or in two around the ring's end.
    private func pieces(_ range: Range<UInt64>) -> (Piece, Piece) {
        precondition(range.lowerBound >= start && range.upperBound <= end)
        let position = Int(range.lowerBound % UInt64(size))
        let length = Int(range.upperBound - range.lowerBound)
        let first = min(length, size - position)
        return (Piece(position: position, length: first), Piece(position: 0, length: length - first))
    }
}
