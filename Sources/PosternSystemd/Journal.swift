import CSystemd
import Glibc
import PosternSys

/// The journal: sd_journal_sendv(3), but it never holds up a session.
public enum Journal {
    /// One field of an entry. Keys are `[A-Z0-9_]`, at most 64, without a leading digit or underscore.
    public typealias Field = (key: String, value: [UInt8])

    /// How long journald may take to make room for an entry, in milliseconds.
    private static let patience = 100
    private static let socketPath = "/run/systemd/journal/socket"

    /// Sends one entry. False when it was dropped, because journald is absent or did not read for 100 ms.
    ///
    /// Another socket tells beforehand whether journald's queue is full, since sd_journal_sendv's own one
    /// blocks without limit. A race with other writers can still make it wait for a moment, not for a
    /// journald that is stuck.
    @discardableResult
    public static func send(_ fields: [Field]) -> Bool {
        guard !fields.isEmpty, isWritable() else { return false }
        var offsets: [(start: Int, length: Int)] = []
        var bytes: [UInt8] = []
        for (key, value) in fields {
            let start = bytes.count
            bytes += key.utf8
            bytes.append(UInt8(ascii: "="))
            bytes += value
            offsets.append((start, bytes.count - start))
        }
        // SAFETY: every iovec lies in `bytes`, which the call only reads while it lives.
        let result = unsafe bytes.withUnsafeMutableBytes { memory in
            let parts = unsafe offsets.map { part in
                let start = unsafe memory.baseAddress.map { unsafe $0 + part.start }
                return unsafe iovec(iov_base: start, iov_len: part.length)
            }
            return unsafe sd_journal_sendv(parts, Int32(parts.count))
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
