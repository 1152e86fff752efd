internal import PosternSys
internal import PosternWire

/// The session's output in the order in which it was read, stdout and stderr apart: one bounded ring for the
/// writer, for mirrors, and for whoever comes later.
struct OutputLog: ~Copyable {
    /// A stretch of one stream, up to an offset.
    private struct Run {
        let kind: FrameKind
        var end: UInt64
    }

    /// A part of the log that fits into one frame.
    struct Piece {
        let kind: FrameKind
        let range: Range<UInt64>
    }

    private var ring: ByteRing
    /// Oldest first; those before `first` are forgotten already.
    private var runs: [Run] = []
    private var first = 0
    /// The streams may alternate with every byte: the stretches have their own bound.
    private static let mostRuns = 16_384

    init(capacity: Int) { ring = ByteRing(capacity: capacity) }

    /// One that goes on where another ended, as far as it was kept.
    init(capacity: Int, at offset: UInt64) {
        ring = ByteRing(capacity: capacity)
        ring.begin(at: offset)
    }

    /// The offsets that are held.
    var start: UInt64 { ring.start }
    var end: UInt64 { ring.end }

    /// How many bytes may be read without dropping any from `floor` on; nil drops the oldest.
    func room(keeping floor: UInt64?) -> Int {
        guard let floor else { return ByteRing.longestRead }
        if runs.count - first >= Self.mostRuns, runs[first].end > floor { return 0 }
        return max(0, ring.capacity - Int(end - max(floor, start)))
    }

    mutating func read(_ kind: FrameKind, from fd: borrowing OwnedFD, atMost limit: Int) throws(SysError)
        -> IOResult
    {
        let result = try ring.fill(from: fd, atMost: limit)
        if case .bytes = result { note(kind) }
        return result
    }

    mutating func append(_ kind: FrameKind, _ bytes: Span<UInt8>) {
        ring.append(bytes)
        note(kind)
    }

    private mutating func note(_ kind: FrameKind) {
        if let last = runs.indices.last, last >= first, runs[last].kind == kind {
            runs[last].end = end
        } else {
            if runs.count - first >= Self.mostRuns {
                ring.drop(before: runs[first].end)
            }
            runs.append(Run(kind: kind, end: end))
        }
        while runs[first].end <= start, first < runs.count - 1 { first += 1 }
        if first > 1024, first > runs.count / 2 {
            runs.removeFirst(first)
            first = 0
        }
    }

    /// The next stretch of one stream from `offset` on, up to `limit` and no longer than a frame. Nil when there
    /// is none yet.
    ///
    /// - Precondition: `offset` is held, or the end.
    func piece(from offset: UInt64, upTo limit: UInt64, atMost longest: Int = Limits.data) -> Piece? {
        let limit = min(limit, end, offset + UInt64(longest))
        guard offset < limit else { return nil }
        // The first run that ends behind the offset.
        var (low, high) = (first, runs.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end > offset { high = middle } else { low = middle + 1 }
        }
        return Piece(kind: runs[low].kind, range: offset..<min(limit, runs[low].end))
    }

    /// Sends one frame with this piece, as much of it as goes without blocking. The result counts its header.
    func send(_ piece: Piece, to socket: borrowing OwnedFD) throws(SysError) -> IOResult {
        try ring.send(FrameEncoder.header(piece.kind, length: piece.range.count), piece.range, to: socket)
    }

    /// Adds what is left of a frame of which `sent` bytes are out, its header counted.
    func copyRest(of piece: Piece, after sent: Int, to queue: inout ByteQueue) {
        let header = FrameEncoder.header(piece.kind, length: piece.range.count)
        if sent < Limits.header { queue.append(header.span.extracting(sent...)) }
        let done = UInt64(max(0, sent - Limits.header))
        ring.copy((piece.range.lowerBound + done)..<piece.range.upperBound, to: &queue)
    }
}
