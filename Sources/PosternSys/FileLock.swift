import Glibc

/// An exclusive lock on a file of ours, held until this value goes. The kernel drops it with the process,
/// however that ends, so the lock tells the living from the dead where a file alone could not.
public struct FileLock: ~Copyable {
    private let fd: OwnedFD

    /// Makes the file, mode 0600, and locks it; nil while another process holds it. Never waits.
    public static func take(_ path: String) throws(SysError) -> FileLock? {
        while true {
            let fd = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
            guard try lock(fd) else { return nil }
            if try hasName(fd) { return FileLock(fd: fd) }
        }
    }

    /// Removes the file if nobody holds it, and says whether it did.
    public static func removeIfFree(_ path: String) throws(SysError) -> Bool {
        let fd: OwnedFD
        do throws(SysError) {
            fd = try Files.open(path, O_RDWR | O_NOFOLLOW)
        } catch  where error.errno == .noEntry {
            return false
        }
        guard try lock(fd), try hasName(fd) else { return false }
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

    private static func lock(_ fd: borrowing OwnedFD) throws(SysError) -> Bool {
        do throws(SysError) {
            _ = try sysCall("flock") { flock(fd.raw, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.errno == .again {
            return false
        }
    }
}
