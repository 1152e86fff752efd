internal import PosternSys
internal import PosternWire

/// Output on its way to the client: the one queue of frames that go out.
///
/// Bytes are read from the child straight behind the header of the frame that carries them, and only when
/// the frames before have left: the socket's pace is the child's.
struct OutputRelay: ~Copyable {
    /// Room kept free for control frames beside a data frame.
    private static let replies = 32 * 1024

    private var queue = ByteQueue(capacity: Limits.header + Limits.data + replies)
    private var stdout: Source
    private var stderr: Source
    private var scratch: ByteQueue?

    private struct Source {
        var isOpen = true
        var total: UInt64 = 0
        /// How much may still be read, once the child has exited: what the kernel can hold of its output. A
        /// grandchild may write for ever.
        var left: Int?
    }

    init(hasErrors: Bool) {
        stdout = Source()
        stderr = Source(isOpen: hasErrors)
    }

    var isEmpty: Bool { queue.isEmpty }
    /// Half of the replies' room: one control frame and the answers it can cause.
    var hasRoomForReplies: Bool { queue.free >= Self.replies / 2 }
    var takesData: Bool { queue.free >= Self.replies + Limits.header + 4096 }
    var isDrained: Bool { !stdout.isOpen && !stderr.isOpen }
    func reads(_ kind: FrameKind) -> Bool { kind == .stderr ? stderr.isOpen : stdout.isOpen }
    func total(_ kind: FrameKind) -> UInt64 { kind == .stderr ? stderr.total : stdout.total }

    mutating func append(_ kind: FrameKind, _ payload: [UInt8]) {
        queue.append(FrameEncoder.frame(kind, payload))
    }

    /// Sends what the socket takes without blocking.
    mutating func send(to socket: borrowing OwnedFD) throws(SysError) {
        while !queue.isEmpty {
            guard case .bytes = try queue.drainSocket(to: socket) else { return }
        }
    }

    /// The connection is gone, and so is what was meant for it.
    mutating func dropQueued() { queue.removeAll() }

    /// Reads one frame of output, `room` bytes at most. Returns how many were read.
    mutating func read(_ kind: FrameKind, from process: inout SessionProcess, room: Int) -> Int {
        guard takesData, reads(kind) else { return 0 }
        var source = kind == .stderr ? stderr : stdout
        let most = min(room, Limits.data, queue.free - Self.replies - Limits.header, source.left ?? .max)
        let header = queue.count
        var count = 0
        // A PTY gives 4095 bytes at a time: they are gathered, until there is no more at once.
        reading: while count < most {
            switch Self.fill(&queue, reserving: count == 0 ? Limits.header : 0, kind, process, most - count) {
            case .bytes(let read):
                count += read
                if read < 4095 { break reading }
            case .wouldBlock:
                // After the child's exit, and after a PTY's buffers were flushed by this very read, nothing
                // of its output is left.
                if source.left != nil { source.isOpen = false }
                break reading
            case .endOfFile:
                source.isOpen = false
                break reading
            }
        }
        if count > 0 {
            queue.overwrite(at: header, FrameEncoder.header(kind, length: count))
            source.total += UInt64(count)
            if let left = source.left {
                source.left = left - count
                if left == count { source.isOpen = false }
            }
        }
        if kind == .stderr { stderr = source } else { stdout = source }
        return count
    }

    /// Reads output that nobody wants, so that the child is not blocked by it.
    mutating func discard(from process: inout SessionProcess) {
        var scratch = self.scratch.take() ?? ByteQueue(capacity: Limits.data)
        for kind in [FrameKind.stdout, .stderr] where reads(kind) {
            var source = kind == .stderr ? stderr : stdout
            switch Self.fill(&scratch, reserving: 0, kind, process, Limits.data) {
            case .bytes(let read):
                source.total += UInt64(read)
                if let left = source.left {
                    source.left = left - read
                    if left <= read { source.isOpen = false }
                }
            case .wouldBlock: if source.left != nil { source.isOpen = false }
            case .endOfFile: source.isOpen = false
            }
            scratch.removeAll()
            if kind == .stderr { stderr = source } else { stdout = source }
        }
        self.scratch = consume scratch
    }

    /// The child has exited: from here on no more is read than the kernel can still hold for it.
    mutating func bound(by process: borrowing SessionProcess) {
        // A PTY's flip buffers and its line discipline's.
        let terminal = 64 * 1024 + 4096
        stdout.left = process.isTerminal ? terminal : process.output.capacity
        stderr.left = process.errors.capacity
    }

    private static func fill(
        _ queue: inout ByteQueue, reserving: Int, _ kind: FrameKind, _ process: borrowing SessionProcess,
        _ most: Int
    ) -> IOResult {
        do throws(SysError) {
            if kind == .stderr {
                return try fill(&queue, reserving, process.errors, most)
            }
            return try fill(&queue, reserving, process.output, most)
        } catch {
            // EIO: the terminal is gone.
            return .endOfFile
        }
    }
}

extension OutputRelay {
    private static func fill(
        _ queue: inout ByteQueue, _ reserving: Int, _ source: borrowing OwnedFD?, _ most: Int
    ) throws(SysError) -> IOResult {
        switch source {
        case .none: .endOfFile
        case .some(let fd): try queue.reserveThenFill(reserve: reserving, from: fd, atMost: most)
        }
    }
}

extension OwnedFD? {
    /// What a pipe can hold, in bytes.
    fileprivate var capacity: Int {
        switch self {
        case .none: return 0
        case .some(let fd):
            // Linux's default, where the kernel will not say.
            do throws(SysError) { return try Pipe.capacity(of: fd) } catch { return 64 * 1024 }
        }
    }
}
