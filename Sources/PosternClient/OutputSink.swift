import PosternSys
import PosternWire

/// Output on its way from the session to our own stdout and stderr, and the window that bounds it.
struct OutputSink: ~Copyable {
    /// How much the worker may send beyond what we have written.
    static let window = 1024 * 1024

    private let stdout: StandardStream
    private let stderr: StandardStream
    private var out = ByteQueue(capacity: window)
    private var errors = ByteQueue(capacity: window)
    private var received: UInt64 = 0
    private var consumed: UInt64 = 0
    private var limit = UInt64(window)

    /// Looks at this process's stdout and stderr.
    static func standard() throws(SysError) -> OutputSink {
        let stdout = try StandardStream(.output)
        let stderr = try StandardStream(.error)
        return OutputSink(stdout: stdout, stderr: stderr)
    }

    private init(stdout: consuming StandardStream, stderr: consuming StandardStream) {
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Of the terminal that stdout is, if it is one.
    var terminalSize: TerminalSize? { LocalTerminal.size(of: stdout.descriptor) }

    var isEmpty: Bool { out.isEmpty && errors.isEmpty }

    /// Takes the bytes of a data frame and writes what goes at once, which keeps stdout and stderr in order
    /// where both are one terminal.
    mutating func take(_ kind: FrameKind, _ bytes: Span<UInt8>) throws(SinkError) {
        received += UInt64(bytes.count)
        guard received <= limit else { throw .wire(.windowOverrun) }
        if kind == .stderr { errors.append(bytes) } else { out.append(bytes) }
        try write()
    }

    /// Writes what goes without blocking.
    mutating func write() throws(SinkError) {
        do throws(SysError) {
            consumed += try Self.write(&out, to: stdout) + Self.write(&errors, to: stderr)
        } catch {
            throw .output(error)
        }
    }

    private static func write(
        _ queue: inout ByteQueue, to stream: borrowing StandardStream
    ) throws(SysError) -> UInt64 {
        var count: UInt64 = 0
        while !queue.isEmpty {
            guard case .bytes(let written) = try stream.write(from: &queue) else { break }
            count += UInt64(written)
        }
        return count
    }

    /// What to tell the worker, once enough was written since it was last told.
    mutating func windowUpdate() -> WindowUpdate? {
        let next = consumed + UInt64(Self.window)
        guard next - limit >= UInt64(Self.window / 4) else { return nil }
        limit = next
        return WindowUpdate(consumed: consumed, limit: limit)
    }

    /// Polls the streams that have something to take.
    func watch(_ set: inout PollSet) {
        if !out.isEmpty { _ = set.add(stdout.descriptor, read: false, write: true) }
        if !errors.isEmpty { _ = set.add(stderr.descriptor, read: false, write: true) }
    }
}

enum SinkError: Error, Equatable {
    case output(SysError)
    case wire(WireError)
}
