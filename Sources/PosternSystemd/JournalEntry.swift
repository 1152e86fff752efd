/// What is sent to the journal at once: fields, each a key and bytes.
public struct JournalEntry: Sendable {
    /// `KEY=value` after `KEY=value`, and where each ends. One buffer for all of them: an array of pairs costs the runtime more
    /// at its first use than everything else about an entry.
    var bytes: [UInt8] = []
    var ends: [Int] = []

    public init() {}

    public var isEmpty: Bool { ends.isEmpty }

    /// Adds a field. Keys are `[A-Z0-9_]`, at most 64, without a leading digit or underscore; one may be there several times.
    public mutating func put(_ key: String, _ value: [UInt8]) {
        bytes += key.utf8
        bytes.append(UInt8(ascii: "="))
        bytes += value
        ends.append(bytes.count)
    }

    public mutating func put(_ key: String, _ value: String) { put(key, Array(value.utf8)) }

    /// A field that is only there when the value is.
    public mutating func put(_ key: String, _ value: [UInt8]?) { if let value { put(key, value) } }
    public mutating func put(_ key: String, _ value: String?) { if let value { put(key, value) } }

    /// All fields of another one, behind these.
    public mutating func put(_ other: JournalEntry) {
        let start = bytes.count
        bytes += other.bytes
        for end in other.ends { ends.append(start + end) }
    }
}
