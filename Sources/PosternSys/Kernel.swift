import CPostern

/// Facts that the kernel tells.
public enum Kernel {
    /// The kernel's id of this boot: 36 characters. Nil where /proc does not tell.
    public static func bootID() -> String? {
        // Optional information: not being there is an answer.
        guard let text = try? Files.readSmall("/proc/sys/kernel/random/boot_id", limit: 64) else {
            return nil
        }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The machine's name.
    public static func hostname() -> String {
        guard let text = try? Files.readSmall("/proc/sys/kernel/hostname", limit: 256) else {
            return "localhost"
        }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// `count` random bytes from the kernel; blocks only early in the boot.
    public static func random(_ count: Int) throws(SysError) -> [UInt8] {
        precondition(count <= 256)
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: fills the buffer; up to 256 bytes come whole.
        _ = try sysCallSize("getrandom") {
            unsafe bytes.withUnsafeMutableBytes { unsafe postern_getrandom($0.baseAddress, $0.count) }
        }
        return bytes
    }
}
