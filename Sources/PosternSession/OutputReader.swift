internal import PosternSys
internal import PosternWire

/// Reads the child's stdout and stderr into the log.
struct OutputReader {
    private var stdout = Source()
    private var stderr: Source

    private struct Source {
        var isOpen = true
        var total: UInt64 = 0
        var isWide = false
        /// How much may still be read, once the child has exited: what the kernel can hold of its output. A
        /// grandchild may write for ever.
        var left: Int?
    }

    init(hasErrors: Bool) { stderr = Source(isOpen: hasErrors) }

    var isDrained: Bool { !stdout.isOpen && !stderr.isOpen }
    func reads(_ kind: FrameKind) -> Bool { kind == .stderr ? stderr.isOpen : stdout.isOpen }
    func total(_ kind: FrameKind) -> UInt64 { kind == .stderr ? stderr.total : stdout.total }

    /// Reads what one frame holds, `room` bytes at most. Returns how many were read.
    mutating func read(
        _ kind: FrameKind, from process: borrowing SessionProcess, to log: inout OutputLog, room: Int
    ) -> Int {
        guard reads(kind) else { return 0 }
        var source = kind == .stderr ? stderr : stdout
        let most = min(room, Limits.data, source.left ?? .max)
        var count = 0
        // A PTY gives 4095 bytes at a time: they are gathered, until there is no more at once. A pipe gives all
        // that it has.
        reading: while count < most {
            switch Self.fill(&log, kind, process, most - count) {
            case .bytes(let read):
                count += read
                if read < 4095 || !process.isTerminal { break reading }
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
        if count == Limits.data, !process.isTerminal, !source.isWide {
            if kind == .stderr { process.errors.widen() } else { process.output.widen() }
            source.isWide = true
        }
        source.total += UInt64(count)
        if let left = source.left {
            source.left = left - count
            if left == count { source.isOpen = false }
        }
        if kind == .stderr { stderr = source } else { stdout = source }
        return count
    }

    /// The child has exited: from here on no more is read than the kernel can still hold for it.
    mutating func bound(by process: borrowing SessionProcess) {
        // A PTY's flip buffers and its line discipline's.
        let terminal = 64 * 1024 + 4096
        stdout.left = process.isTerminal ? terminal : process.output.capacity
        stderr.left = process.errors.capacity
    }

    private static func fill(
        _ log: inout OutputLog, _ kind: FrameKind, _ process: borrowing SessionProcess, _ most: Int
    ) -> IOResult {
        do throws(SysError) {
            if kind == .stderr { return try fill(&log, kind, process.errors, most) }
            return try fill(&log, kind, process.output, most)
        } catch {
            // EIO: the terminal is gone.
            return .endOfFile
        }
    }

    private static func fill(
        _ log: inout OutputLog, _ kind: FrameKind, _ source: borrowing OwnedFD?, _ most: Int
    ) throws(SysError) -> IOResult {
        switch source {
        case .none: .endOfFile
        case .some(let fd): try log.read(kind, from: fd, atMost: most)
        }
    }
}

extension OwnedFD? {
    /// Makes a pipe that was full hold more: its writer and the worker then run beside each other, and not in turns.
    fileprivate func widen() {
        switch self {
        case .none: break
        case .some(let fd):
            // Where the kernel will not, it goes on as it was.
            do throws(SysError) { try Pipe.widen(fd, to: 4 * Limits.data) } catch {}
        }
    }

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
