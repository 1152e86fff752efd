import CPostern

extension Files {
    /// Whether `path` is a regular file, or nothing yet: renaming over a device would destroy it.
    public static func isReplaceable(_ path: String) throws(SysError) -> Bool {
        var info = stat()
        do throws(SysError) {
            // SAFETY: the path lives for the call, which fills `info`.
            _ = try sysCall("lstat") { unsafe lstat(path, &info) }
        } catch  where error.errno == .noEntry {
            return true
        }
        return postern_is(info.st_mode, POSTERN_FORMAT_REGULAR) != 0
    }

    /// Opens what is there for writing from the start; a regular file is emptied. Blocks on a FIFO without reader.
    public static func openForOverwriting(_ path: String) throws(SysError) -> OwnedFD {
        try open(path, O_WRONLY | O_TRUNC | O_NOCTTY)
    }
}
