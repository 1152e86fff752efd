import CPostern

/// An exclusive lock on a file of ours, held until this value goes. The kernel drops it with the process,
/// however that ends, so the lock tells the living from the dead where a file alone could not.
public struct FileLock: ~Copyable {
    private let fd: OwnedFD

    /// Makes the file, mode 0600, and locks it; nil while another process holds it. Never waits.
    public static func take(_ path: String) throws(SysError) -> FileLock? {
        while true {
            let fd = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
            guard try insist(fd) else { return nil }
            if try hasName(fd) { return FileLock(fd: fd) }
        }
    }

    /// Locks a file that is there; nil when there is none, or another process holds it. Never waits.
    public static func takeExisting(_ path: String) throws(SysError) -> FileLock? {
        let fd: OwnedFD
        do throws(SysError) {
            fd = try Files.open(path, O_RDWR | O_NOFOLLOW)
        } catch  where error.errno == .noEntry {
            return nil
        }
        guard try lock(fd, LOCK_EX), try hasName(fd) else { return nil }
        return FileLock(fd: fd)
    }

    /// What is in the file. EFBIG past `limit` bytes.
    public func read(limit: Int) throws(SysError) -> [UInt8] {
        _ = try sysCall("lseek") { lseek(fd.raw, 0, SEEK_SET) < 0 ? -1 : 0 }
        return try Files.readAll(from: fd, limit: limit)
    }

    /// fsync(2): what was written outlives a power failure. Blocks for the disk.
    public func sync() throws(SysError) {
        _ = try sysCall("fsync") { fsync(fd.raw) }
    }

    /// Somebody who only looks holds the lock for a moment: a few tries tell it from a holder.
    private static func insist(_ fd: borrowing OwnedFD) throws(SysError) -> Bool {
        for _ in 0..<3 {
            if try lock(fd, LOCK_EX) { return true }
            var pause = PollSet()
            try pause.wait(milliseconds: 1)
        }
        return try lock(fd, LOCK_EX)
    }

    /// Replaces what is in the file.
    public func write(_ bytes: [UInt8]) throws(SysError) {
        _ = try sysCall("ftruncate") { ftruncate(fd.raw, 0) }
        _ = try sysCall("lseek") { lseek(fd.raw, 0, SEEK_SET) < 0 ? -1 : 0 }
        try Files.writeAll(bytes, to: fd)
    }

    /// What there is at a path.
    public enum State: Equatable, Sendable { case held, free, missing }

    /// Looks without taking: two that look at once do not see each other.
    public static func state(_ path: String) throws(SysError) -> State {
        let fd: OwnedFD
        do throws(SysError) {
            fd = try Files.open(path, O_RDONLY | O_NOFOLLOW)
        } catch  where error.errno == .noEntry {
            return .missing
        }
        guard try lock(fd, LOCK_SH) else { return .held }
        return try hasName(fd) ? .free : .missing
    }

    /// Whether nobody holds the file, or it is not there.
    public static func isFree(_ path: String) throws(SysError) -> Bool { try state(path) != .held }

    /// Removes the file if nobody holds it, and says whether it did.
    public static func removeIfFree(_ path: String) throws(SysError) -> Bool {
        let fd: OwnedFD
        do throws(SysError) {
            fd = try Files.open(path, O_RDWR | O_NOFOLLOW)
        } catch  where error.errno == .noEntry {
            return false
        }
        guard try lock(fd, LOCK_EX), try hasName(fd) else { return false }
        try Files.remove(path)
        return true
    }

    /// False when its holder removed the file between our open and our lock: then we hold nothing that anyone
    /// else could find, and by its name there may be another file.
    private static func hasName(_ fd: borrowing OwnedFD) throws(SysError) -> Bool {
        var status = stat()
        // SAFETY: filled by the call.
        _ = try sysCall("fstat") { unsafe fstat(fd.raw, &status) }
        return status.st_nlink > 0
    }

    private static func lock(_ fd: borrowing OwnedFD, _ kind: Int32) throws(SysError) -> Bool {
        do throws(SysError) {
            _ = try sysCall("flock") { flock(fd.raw, kind | LOCK_NB) }
            return true
        } catch  where error.errno == .again {
            return false
        }
    }
}
