import CSystemd
import CPostern
import PosternSys

/// The journal: sd_journal_sendv(3), but it never holds up a session.
public enum Journal {
    /// How long journald may take to make room for an entry, in milliseconds.
    private static let patience = 100
    private static let socketPath = "/run/systemd/journal/socket"

    /// Sends one entry. False when it was dropped, because journald is absent or did not read for 100 ms.
    ///
    /// Another socket tells beforehand whether journald's queue is full, since sd_journal_sendv's own one
    /// blocks without limit. A race with other writers can still make it wait for a moment, not for a
    /// journald that is stuck.
    @discardableResult
    public static func send(_ entry: JournalEntry) -> Bool {
        guard !entry.isEmpty, isWritable() else { return false }
        var entry = entry
        let ends = entry.ends
        // SAFETY: every iovec lies in `bytes`, which the call only reads while it lives; all `count` are initialised.
        let result = unsafe entry.bytes.withUnsafeMutableBytes { memory in
            unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: ends.count) { parts in
                var start = 0
                for (index, end) in ends.enumerated() {
                    let place = unsafe memory.baseAddress.map { unsafe $0 + start }
                    unsafe parts.initializeElement(
                        at: index, to: iovec(iov_base: place, iov_len: end - start))
                    start = end
                }
                return unsafe sd_journal_sendv(parts.baseAddress, Int32(ends.count))
            }
        }
        return result == 0
    }

    /// poll(2) for writing on a connected datagram socket tells of the receiver's queue.
    private static func isWritable() -> Bool {
        // A journald that is not there drops the entry; the caller can do nothing better with an error.
        guard let probe = try? Sockets.connectDatagram(path: Array(socketPath.utf8)) else { return false }
        var poll = PollSet()
        let slot = poll.add(probe, read: false, write: true)
        guard let ready = try? poll.wait(milliseconds: patience), ready > 0 else { return false }
        return poll.writable(slot) && !poll.errored(slot)
    }
}
