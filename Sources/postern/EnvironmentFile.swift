import ArgumentParser
import PosternSys
import PosternWire

/// Variables as podman takes them, from `-e` and from files.
enum EnvironmentFile {
    /// Reads `NAME=value` lines; empty lines and those that begin with # are passed over, a NAME alone takes
    /// the caller's value. Values are taken as they stand, quotes included.
    static func read(_ path: String) throws -> [[UInt8]] {
        let bytes: [UInt8]
        do throws(SysError) {
            let file = try Files.openForReading(path)
            bytes = try Files.readAll(from: file, limit: Limits.open)
        } catch {
            throw ValidationError("--env-file '\(path)': \(error)")
        }
        var entries: [[UInt8]] = []
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let clean = text.last == UInt8(ascii: "\r") ? text.dropLast() : text
            if let entry = try entry(Array(clean), shown: "--env-file '\(path)', line \(number + 1)") {
                entries.append(entry)
            }
        }
        return entries
    }

    /// One entry; nil when it names a variable that the caller does not have.
    static func entry(_ bytes: [UInt8], shown place: String) throws -> [UInt8]? {
        guard !bytes.contains(0) else { throw ValidationError("\(place): holds a NUL byte") }
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else {
            guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
                throw ValidationError("\(place): '\(Text.printable(bytes))' is not a variable's name")
            }
            return Process.environment(name).map { bytes + [UInt8(ascii: "=")] + $0 }
        }
        guard equals > 0 else { throw ValidationError("\(place): the name before '=' is empty") }
        return bytes
    }
}
