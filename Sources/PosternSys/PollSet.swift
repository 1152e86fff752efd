import Glibc

/// What one turn of a loop waits for: up to 16 descriptors, told anew every turn.
///
/// It holds numbers only for the turn: whatever was added must outlive the `wait` that follows.
public struct PollSet: ~Copyable {
    /// The place of a descriptor in this turn.
    public struct Slot: Equatable, Sendable {
        fileprivate let index: Int
    }

    public static let capacity = 16
    private var entries = InlineArray<16, pollfd>(repeating: pollfd(fd: -1, events: 0, revents: 0))
    private var count = 0

    public init() {}

    /// Forgets all descriptors, at the start of a turn.
    public mutating func reset() {
        count = 0
    }

    /// Adds a descriptor. With neither direction only a hang-up or an error is reported; one that should not
    /// wake the loop at all is not added.
    public mutating func add(_ fd: borrowing OwnedFD, read: Bool, write: Bool) -> Slot {
        precondition(count < PollSet.capacity)
        let events = (read ? Int16(POLLIN) : 0) | (write ? Int16(POLLOUT) : 0)
        entries[count] = pollfd(fd: fd.raw, events: events, revents: 0)
        count += 1
        return Slot(index: count - 1)
    }

    /// Blocks until a descriptor is ready or the time is up (nil: for ever, 0: not at all). Returns how many
    /// are ready, 0 on a timeout, and 0 with nothing ready after EINTR.
    @discardableResult
    public mutating func wait(milliseconds: Int?) throws(SysError) -> Int {
        let timeout = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        let used = nfds_t(count)
        var span = entries.mutableSpan
        // SAFETY: the first `count` entries are initialised, and poll keeps no pointer.
        let ready = unsafe span.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, used, timeout) }
        if ready >= 0 { return Int(ready) }
        let error = Errno.last
        guard error == .interrupted else { throw SysError(call: "poll", errno: error) }
        for index in 0..<count { entries[index].revents = 0 }
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
        slot.index < count && entries[slot.index].revents & bits != 0
    }
}
