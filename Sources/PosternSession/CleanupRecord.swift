internal import PosternSys
internal import PosternWire

/// What is to be cleared away after a session, on record before any of it is made.
///
/// A file of `KEY=value` entries, each ended by NUL: the environment of the release helper, which needs nothing else.
/// It is locked as long as its worker lives, and stays, also across boots, until the helper has said that nothing is
/// left.
struct CleanupRecord: ~Copyable {
    let path: String
    private let lock: FileLock

    /// A helper may add to it.
    private static let longest = 65_536

    /// Writes it so that not even a power failure loses it.
    static func make(_ facts: [[UInt8]], at path: String, in directory: String) throws(SysError)
        -> CleanupRecord
    {
        guard let lock = try FileLock.take(path) else {
            throw SysError(call: "flock", errno: .again)
        }
        do throws(SysError) {
            try lock.write(facts.flatMap { $0 + [0] })
            try lock.sync()
            try Files.syncDirectory(directory)
        } catch {
            // A full disk: nothing was made, and an empty record says just that.
            try? Files.remove(path)
            throw error
        }
        return CleanupRecord(path: path, lock: lock)
    }

    /// Takes over the one at `path`; nil when there is none, or its worker lives.
    static func adopt(_ path: String) throws(SysError) -> CleanupRecord? {
        guard let lock = try FileLock.takeExisting(path) else { return nil }
        return CleanupRecord(path: path, lock: lock)
    }

    /// What is in it now. Empty: its worker died before it had written, and so before anything was made.
    func facts() throws(SysError) -> [[UInt8]] {
        try lock.read(limit: Self.longest).split(separator: 0).map { Array($0) }
    }

    /// Nothing is left to clear away.
    consuming func remove() throws(SysError) { try Files.remove(path) }
}
