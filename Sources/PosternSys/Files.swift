import CPostern

/// Small files of ours, of /proc and /sys. Everything here blocks as long as the file system does.
public enum Files {
    /// The whole file, nil when there is none. EFBIG when it is longer than `limit`.
    public static func readSmall(_ path: String, limit: Int) throws(SysError) -> [UInt8]? {
        do {
            return try readAll(from: try open(path, O_RDONLY), limit: limit)
        } catch  where error.errno == .noEntry {
            return nil
        }
    }

    /// At most the first `count` bytes of the file, nil when there is none.
    public static func readPrefix(_ path: String, _ count: Int) throws(SysError) -> [UInt8]? {
        do {
            let fd = try open(path, O_RDONLY)
            var bytes = [UInt8](repeating: 0, count: count)
            // SAFETY: read writes at most the buffer's count. A regular file gives all there is at once.
            let length = try sysCallSize("read") {
                unsafe bytes.withUnsafeMutableBytes { unsafe read(fd.raw, $0.baseAddress, $0.count) }
            }
            return Array(bytes.prefix(length))
        } catch  where error.errno == .noEntry {
            return nil
        }
    }

    /// Everything from the current position on. EFBIG past `limit` bytes.
    public static func readAll(from fd: borrowing OwnedFD, limit: Int) throws(SysError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit + 1, 4096))
        while true {
            // SAFETY: read writes at most the buffer's count.
            let length = try sysCallSize("read") {
                unsafe chunk.withUnsafeMutableBytes { unsafe read(fd.raw, $0.baseAddress, $0.count) }
            }
            if length == 0 { return bytes }
            guard bytes.count + length <= limit else {
                throw SysError(call: "read", errno: Errno(rawValue: EFBIG))
            }
            bytes += chunk[..<length]
        }
    }

    /// Writes all bytes. For files: on a full nonblocking pipe it throws EAGAIN.
    public static func writeAll(_ bytes: [UInt8], to fd: borrowing OwnedFD) throws(SysError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: reads only what is left of the buffer.
            written += try sysCallSize("write") {
                unsafe bytes.withUnsafeBytes { all in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: all[written...])
                    return unsafe CPostern.write(fd.raw, rest.baseAddress, rest.count)
                }
            }
        }
    }

    /// Replaces the file in one step: written beside it, mode 0600, then renamed. Not synced: ours live in
    /// /run.
    public static func write(_ bytes: [UInt8], to path: String) throws(SysError) {
        let temporary = path + ".new"
        let fd = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
        try writeAll(bytes, to: fd)
        try rename(temporary, to: path)
    }

    /// Creates the file, which must not be there (EEXIST), mode 0600.
    public static func create(_ bytes: [UInt8], at path: String) throws(SysError) {
        let fd = try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        try writeAll(bytes, to: fd)
    }

    public static func rename(_ path: String, to other: String) throws(SysError) {
        // SAFETY: both paths live for the call.
        _ = try sysCall("rename") { unsafe CPostern.rename(path, other) }
    }

    /// Opens, CLOEXEC, with the flags of open(2).
    package static func open(_ path: String, _ flags: Int32, _ mode: UInt32 = 0) throws(SysError) -> OwnedFD {
        // SAFETY: the path lives for the call.
        OwnedFD(owning: try sysCall("open") { unsafe postern_open(path, flags | O_CLOEXEC, mode) })
    }

    /// Opens /dev/null for both directions.
    public static func null() throws(SysError) -> OwnedFD {
        try open("/dev/null", O_RDWR)
    }

    /// Opens for reading.
    public static func openForReading(_ path: String) throws(SysError) -> OwnedFD {
        try open(path, O_RDONLY)
    }

    /// Opens for writing at the end, created with mode 0600 when missing.
    public static func openForAppending(_ path: String) throws(SysError) -> OwnedFD {
        try open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
    }

    /// Whether there is something at the path (following links).
    public static func exists(_ path: String) -> Bool {
        // SAFETY: the path lives for the call.
        unsafe access(path, F_OK) == 0
    }

    /// Of a file: its size in bytes, and the seconds since it was last written. Nil when there is none.
    public static func facts(_ path: String) throws(SysError) -> (size: UInt64, age: UInt64)? {
        var info = stat()
        do throws(SysError) {
            // SAFETY: the path lives for the call, which fills `info`.
            _ = try sysCall("lstat") { unsafe lstat(path, &info) }
        } catch  where error.errno == .noEntry {
            return nil
        }
        let age = Int64(WallClock.microseconds() / 1_000_000) - Int64(info.st_mtim.tv_sec)
        return (UInt64(clamping: info.st_size), UInt64(clamping: age))
    }

    /// mkdir(2); a directory that is there already is fine and keeps its mode.
    public static func makeDirectory(_ path: String, mode: UInt32) throws(SysError) {
        // SAFETY: the path lives for the call.
        guard unsafe postern_make_directory(path, mode) < 0 else { return }
        let error = Errno.last
        guard error == .alreadyExists else { throw SysError(call: "mkdir", errno: error) }
    }

    /// fsync(2) of a directory: the names in it outlive a power failure.
    public static func syncDirectory(_ path: String) throws(SysError) {
        let fd = try open(path, O_RDONLY | O_DIRECTORY)
        _ = try sysCall("fsync") { fsync(fd.raw) }
    }

    /// Removes a file or an empty directory. One that is not there is fine.
    public static func remove(_ path: String) throws(SysError) {
        do {
            // SAFETY: the path lives for the call.
            _ = try sysCall("remove") { unsafe CPostern.remove(path) }
        } catch  where error.errno == .noEntry {
            return
        }
    }

    /// The names in a directory, without `.` and `..`, in no order; without the first `skipped`, and no more than
    /// `most`. Names that are not UTF-8 are repaired and so cannot be opened: none of ours.
    public static func list(_ path: String, after skipped: Int = 0, atMost most: Int = .max) throws(SysError)
        -> [String]
    {
        var names: [String] = []
        var place = 0
        // SAFETY: the name is copied.
        try unsafe eachName(of: path) { name in
            place += 1
            if place > skipped, names.count < most { names.append(unsafe String(cString: name)) }
        }
        return names
    }

    /// How many names there are in a directory, and how many of them begin with `prefix`. Nothing is kept of them: a
    /// session that starts beside thousands does not grow by that.
    public static func count(_ path: String, prefix: String) throws(SysError) -> (all: Int, matching: Int) {
        var (all, matching) = (0, 0)
        // SAFETY: the name is looked at, and not kept.
        try unsafe eachName(of: path) { name in
            all += 1
            if unsafe strncmp(name, prefix, prefix.utf8.count) == 0 { matching += 1 }
        }
        return (all, matching)
    }

    /// By getdents64(2) and little at a time: readdir(3) would take 32 KiB of heap for it, which among thousands of names
    /// are all written to, and stay the process's.
    private static func eachName(of path: String, _ body: (UnsafePointer<CChar>) -> Void) throws(SysError) {
        let directory = try open(path, O_RDONLY | O_DIRECTORY)
        let size = 4096
        // SAFETY: lives only here; the kernel writes whole entries, aligned and one behind the other, and says how far.
        let entries = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { unsafe entries.deallocate() }
        while true {
            let length = try sysCallSize("getdents64") {
                unsafe postern_getdents(directory.raw, entries, size)
            }
            guard length > 0 else { return }
            var offset = 0
            while offset < length {
                // SAFETY: an entry begins there, and its name ends with NUL.
                let entry = unsafe (entries + offset).assumingMemoryBound(to: postern_entry.self)
                offset += Int(unsafe entry.pointee.length)
                guard let name = unsafe postern_entry_name(entry), unsafe strcmp(name, ".") != 0,
                    unsafe strcmp(name, "..") != 0
                else { continue }
                unsafe body(name)
            }
        }
    }
}
