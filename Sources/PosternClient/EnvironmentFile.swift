internal import PosternSys
internal import PosternWire

/// Variables as podman takes them, from `-e` and from `--env-file`.
public enum EnvironmentFile {
    /// Reads the file at `path`, which is at most as long as a request.
    public static func read(_ path: String) throws(UsageError) -> [[UInt8]] {
        let bytes: [UInt8]
        do throws(SysError) {
            bytes = try Files.readAll(from: try Files.openForReading(path), limit: Limits.open)
        } catch {
            throw UsageError("--env-file", given: Array(path.utf8), "\(error)")
        }
        return try entries(bytes, of: path) { Process.environment($0) }
    }

    /// `NAME=value` lines. Empty ones and those that begin with # are passed over; a NAME alone takes the caller's
    /// value, and is left out where there is none. Values are taken as they stand, quotes included.
    static func entries(
        _ bytes: [UInt8], of path: String, caller: (String) -> [UInt8]?
    ) throws(UsageError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            let clean = text.last == UInt8(ascii: "\r") ? text.dropLast() : text
            guard let first = clean.first, first != UInt8(ascii: "#") else { continue }
            let place = "--env-file '\(Text.printable(Array(path.utf8)))', line \(index + 1)"
            if let entry = try entry(Array(clean), place: place, caller: caller) { entries.append(entry) }
        }
        return entries
    }

    /// One entry of `-e`; nil when it names a variable that the caller does not have.
    public static func entry(_ bytes: [UInt8]) throws(UsageError) -> [UInt8]? {
        try entry(bytes, place: "--env") { Process.environment($0) }
    }

    static func entry(
        _ bytes: [UInt8], place: String, caller: (String) -> [UInt8]?
    ) throws(UsageError) -> [UInt8]? {
        guard !bytes.contains(0) else {
            throw UsageError(place, given: bytes, "a NUL byte cannot be passed on")
        }
        if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
            guard equals > 0 else {
                throw UsageError(place, given: bytes, "the name before = is empty; write NAME=value")
            }
            return bytes
        }
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
            throw UsageError(
                place, given: bytes, "this is no variable's name; write NAME=value, or NAME for your own")
        }
        return caller(name).map { bytes + [UInt8(ascii: "=")] + $0 }
    }
}
