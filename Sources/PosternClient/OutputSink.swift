internal import PosternSys
internal import PosternWire

/// Output on its way to our stdout or stderr, or messages for people on theirs. Bounded by the worker's window.
struct OutputSink: ~Copyable {
    private var queue: ByteQueue
    /// The most that one turn writes, so that a file on a slow disk does not hold up signals.
    private static let turn = 256 * 1024

    init(capacity: Int = OutputWindow.size) { queue = ByteQueue(capacity: capacity) }

    var isEmpty: Bool { queue.isEmpty }

    /// - Precondition: they fit. The window was asked before.
    mutating func append(_ bytes: Span<UInt8>) { queue.append(bytes) }

    /// A line for people, dropped when too many of them wait.
    mutating func append(line: String, isRaw: Bool) {
        let bytes = Array((line + (isRaw ? "\r\n" : "\n")).utf8)
        if bytes.count <= queue.free { queue.append(bytes) }
    }

    /// Text as it is, dropped when too much of it waits.
    mutating func append(text: String) {
        let bytes = Array(text.utf8)
        if bytes.count <= queue.free { queue.append(bytes) }
    }

    mutating func removeAll() { queue.removeAll() }

    /// Writes what goes without waiting. Returns how much that was.
    mutating func write(to stream: borrowing StandardStream?) throws(SysError) -> Int {
        guard !queue.isEmpty else { return 0 }
        switch stream {
        case .none: throw SysError(call: "write", errno: .badDescriptor)
        case .some(let stream):
            var written = 0
            while !queue.isEmpty, written < Self.turn {
                guard case .bytes(let count) = try stream.write(from: &queue) else { break }
                written += count
            }
            return written
        }
    }
}
