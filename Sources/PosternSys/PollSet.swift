import CPostern

/// What one turn of a loop waits for, told anew every turn.
///
/// It holds numbers only for the turn: whatever was added must outlive the `wait` that follows. Kept from turn to
/// turn it allocates only when there is more to wait for than ever before.
@safe
public struct PollSet: ~Copyable {
    /// The place of a descriptor in this turn.
    public struct Slot: Equatable, Sendable {
        fileprivate let index: Int
    }

    private var entries: UnsafeMutablePointer<pollfd>
    private var capacity = 16
    private var count = 0

    public init() {
        // SAFETY: owned by this value alone; freed in deinit, replaced in `grow`.
        unsafe entries = Self.allocate(nil, capacity)
    }

    deinit {
        // SAFETY: from malloc or realloc; nobody else holds it.
        unsafe free(entries)
    }

    private static func allocate(_ old: UnsafeMutablePointer<pollfd>?, _ count: Int) -> UnsafeMutablePointer<
        pollfd
    > {
        // SAFETY: the old block is the caller's own, and is not used again.
        guard let memory = unsafe realloc(old, count * MemoryLayout<pollfd>.stride) else {
            fatalError("out of memory")
        }
        return unsafe memory.assumingMemoryBound(to: pollfd.self)
    }

    /// Forgets all descriptors, at the start of a turn.
    public mutating func reset() {
        count = 0
    }

    /// Adds a descriptor. With neither direction only a hang-up or an error is reported; one that should not
    /// wake the loop at all is not added.
    public mutating func add(_ fd: borrowing OwnedFD, read: Bool, write: Bool) -> Slot {
        if count == capacity {
            capacity *= 2
            // SAFETY: the old block is replaced.
            unsafe entries = Self.allocate(entries, capacity)
        }
        let events = (read ? Int16(POLLIN) : 0) | (write ? Int16(POLLOUT) : 0)
        // SAFETY: count < capacity.
        unsafe (entries + count).initialize(to: pollfd(fd: fd.raw, events: events, revents: 0))
        count += 1
        return Slot(index: count - 1)
    }

    /// Blocks until a descriptor is ready or the time is up (nil: for ever, 0: not at all). Returns how many
    /// are ready, 0 on a timeout, and 0 with nothing ready after EINTR.
    @discardableResult
    public mutating func wait(milliseconds: Int?) throws(SysError) -> Int {
        let timeout = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        // SAFETY: the first `count` entries are initialised, and poll keeps no pointer.
        let ready = unsafe poll(entries, nfds_t(count), timeout)
        if ready >= 0 { return Int(ready) }
        let error = Errno.last
        guard error == .interrupted else { throw SysError(call: "poll", errno: error) }
        // SAFETY: as above.
        for index in 0..<count { unsafe entries[index].revents = 0 }
        return 0
    }

    /// A read will not block: bytes, or end of file after a hang-up, or an error to collect.
    public func readable(_ slot: Slot) -> Bool { has(slot, Int16(POLLIN)) }
    /// A write will not block.
    public func writable(_ slot: Slot) -> Bool { has(slot, Int16(POLLOUT)) }
    /// The other side is gone. Bytes may still be readable.
    public func hungUp(_ slot: Slot) -> Bool { has(slot, Int16(POLLHUP)) }
    /// An error is pending (a pipe's reader is gone, a socket was reset).
    public func errored(_ slot: Slot) -> Bool { has(slot, Int16(POLLERR) | Int16(POLLNVAL)) }

    private func has(_ slot: Slot, _ bits: Int16) -> Bool {
        // SAFETY: entries below `count` are initialised.
        unsafe slot.index < count && entries[slot.index].revents & bits != 0
    }
}
