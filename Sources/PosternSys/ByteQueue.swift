import CPostern

/// A first-in first-out queue of bytes with a fixed capacity.
///
/// The readable bytes are always contiguous. The memory is twice the capacity in address space, so that
/// moving bytes to the front costs at most one copied byte per byte that passed through; pages are only
/// touched when used, and an emptied queue starts at the front again, so a queue that rarely fills stays
/// small. It never grows.
@safe
public struct ByteQueue: ~Copyable {
    /// The most bytes it holds.
    public let capacity: Int
    /// 2 × capacity bytes; start..<end of them are initialised. Both regions stay private to this file.
    private let base: UnsafeMutableRawPointer
    private var start = 0
    private var end = 0

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        // SAFETY: owned by this value alone and freed once, in deinit.
        guard let memory = unsafe malloc(2 * capacity) else { fatalError("out of memory") }
        unsafe base = memory
    }

    deinit {
        // SAFETY: from malloc in init; nobody else holds it.
        unsafe CPostern.free(base)
    }

    /// Bytes held.
    public var count: Int { end - start }
    /// Bytes that still fit.
    public var free: Int { capacity - count }
    public var isEmpty: Bool { start == end }
    public var isFull: Bool { count == capacity }

    /// Adds bytes, which must fit.
    public mutating func append(_ bytes: Span<UInt8>) {
        // SAFETY: makeRoom leaves bytes.count bytes behind `end`; the two regions belong to different owners.
        let room = unsafe makeRoom(bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe room.copyMemory(from: from, byteCount: source.count)
        }
        end += bytes.count
    }

    /// Adds bytes, which must fit.
    public mutating func append(_ bytes: [UInt8]) {
        append(bytes.span)
    }

    /// Moves up to `limit` bytes from the front of `other` to the end of this queue, as many as fit. Returns
    /// how many.
    @discardableResult
    public mutating func append(from other: inout ByteQueue, atMost limit: Int = .max) -> Int {
        let length = min(limit, free, other.count)
        guard length > 0 else { return 0 }
        // SAFETY: `length` bytes are readable there and writable here, in different allocations (exclusive
        // access).
        let room = unsafe makeRoom(length)
        unsafe room.copyMemory(from: other.base + other.start, byteCount: length)
        end += length
        other.removeFirst(length)
        return length
    }

    /// Lends the bytes held, in order.
    public func withReadable<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: start..<end is initialised, and the span cannot outlive the call.
        let bytes = unsafe UnsafeBufferPointer(
            start: (base + start).assumingMemoryBound(to: UInt8.self), count: count)
        return try body(unsafe bytes.span)
    }

    /// A copy of up to `limit` bytes from `offset` on. For small things; bulk stays in the queue.
    public func copy(from offset: Int = 0, atMost limit: Int = .max) -> [UInt8] {
        withReadable { bytes in
            let lower = min(offset, bytes.count)
            let part = bytes.extracting(lower..<(lower + min(limit, bytes.count - lower)))
            return [UInt8](capacity: part.count) { output in
                for index in part.indices { output.append(part[index]) }
            }
        }
    }

    /// Drops the first `length` bytes, which must be there.
    public mutating func removeFirst(_ length: Int) {
        precondition(length >= 0 && length <= count)
        start += length
        if start == end { (start, end) = (0, 0) }
    }

    public mutating func removeAll() {
        (start, end) = (0, 0)
    }

    /// read(2) of at most `limit` bytes into the free space. `.wouldBlock` without a call when nothing fits.
    public mutating func fill(from fd: borrowing OwnedFD, atMost limit: Int = .max) throws(SysError)
        -> IOResult
    {
        // SAFETY: the call writes no more than the length it is given.
        try unsafe fill(reserving: 0, atMost: limit, "read") { unsafe read(fd.raw, $0, $1) }
    }

    /// recv(2) with MSG_DONTWAIT: never blocks, whatever the socket's own mode.
    public mutating func fillSocket(
        from fd: borrowing OwnedFD, atMost limit: Int = .max
    ) throws(SysError) -> IOResult {
        // SAFETY: the call writes no more than the length it is given.
        try unsafe fill(reserving: 0, atMost: limit, "recv") {
            unsafe recv(fd.raw, $0, $1, Int32(MSG_DONTWAIT))
        }
    }

    /// Reads behind a gap of `reserve` bytes, so that a frame's header can be put in front of bytes that were
    /// never copied. The gap (zeroes) and the bytes are added together, and only when bytes came; the result
    /// counts the bytes alone. Then `overwrite(at: count - bytes - reserve, …)` fills the gap.
    public mutating func reserveThenFill(
        reserve: Int, from fd: borrowing OwnedFD, atMost limit: Int
    ) throws(SysError) -> IOResult {
        // SAFETY: the call writes no more than the length it is given.
        try unsafe fill(reserving: reserve, atMost: limit, "read") { unsafe read(fd.raw, $0, $1) }
    }

    /// Replaces the bytes at `offset` from the front of the queue, which must be there.
    public mutating func overwrite<let length: Int>(at offset: Int, _ header: InlineArray<length, UInt8>) {
        precondition(offset >= 0 && offset + length <= count)
        for index in 0..<length {
            // SAFETY: offset + index lies within start..<end, as checked.
            unsafe base.storeBytes(of: header[index], toByteOffset: start + offset + index, as: UInt8.self)
        }
    }

    /// write(2) of at most `limit` bytes from the front. A short write is `.bytes` of fewer; an empty queue
    /// `.bytes(0)`.
    public mutating func drain(to fd: borrowing OwnedFD, atMost limit: Int = .max) throws(SysError)
        -> IOResult
    {
        // SAFETY: the call reads no more than the length it is given.
        try unsafe drain(atMost: limit, "write") { unsafe write(fd.raw, $0, $1) }
    }

    /// send(2) with MSG_DONTWAIT and MSG_NOSIGNAL: neither blocks nor raises SIGPIPE.
    public mutating func drainSocket(
        to fd: borrowing OwnedFD, atMost limit: Int = .max
    ) throws(SysError) -> IOResult {
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        // SAFETY: the call reads no more than the length it is given.
        return try unsafe drain(atMost: limit, "send") { unsafe send(fd.raw, $0, $1, flags) }
    }

    private mutating func fill(
        reserving reserve: Int, atMost limit: Int, _ name: StaticString,
        _ body: (UnsafeMutableRawPointer, Int) -> Int
    ) throws(SysError) -> IOResult {
        let length = min(limit, free - reserve)
        guard length > 0 else { return .wouldBlock }
        // SAFETY: makeRoom leaves reserve + length bytes behind `end`, and the call writes at most `length`.
        let room = unsafe makeRoom(reserve + length)
        let result = try ioCall(name) { unsafe body(room + reserve, length) }
        if case .bytes(let read) = result {
            // SAFETY: as above.
            unsafe room.initializeMemory(as: UInt8.self, repeating: 0, count: reserve)
            end += reserve + read
        }
        return result
    }

    private mutating func drain(
        atMost limit: Int, _ name: StaticString, _ body: (UnsafeRawPointer, Int) -> Int
    ) throws(SysError) -> IOResult {
        let length = min(limit, count)
        guard length > 0 else { return .bytes(0) }
        // SAFETY: `length` initialised bytes lie from `start` on.
        let result = try ioCall(name) { unsafe body(base + start, length) }
        // A write of 0 moved nothing and says nothing: try again after a poll.
        guard case .bytes(let written) = result else { return .wouldBlock }
        removeFirst(written)
        return result
    }

    /// Where `length` more bytes go, after moving what is held to the front if they would not fit behind it.
    private mutating func makeRoom(_ length: Int) -> UnsafeMutableRawPointer {
        precondition(length >= 0 && length <= free)
        if end + length > 2 * capacity {
            // SAFETY: both regions lie within the allocation; memmove allows them to overlap.
            unsafe _ = memmove(base, base + start, count)
            (start, end) = (0, count)
        }
        // SAFETY: end + length is within the allocation.
        return unsafe base + end
    }
}
