import CPostern

/// One of the standard streams that this process inherited and shares with others.
///
/// The shell and other jobs share the open file description, so O_NONBLOCK is never set on it. A terminal
/// or FIFO is opened anew through /proc/self/fd with its own flags; a socket is used with MSG_DONTWAIT; a
/// regular file with plain calls, which keeps position and O_APPEND. Where opening anew fails
/// (another user's terminal after su), each call polls first and moves no more than poll vouches for.
public struct StandardStream: ~Copyable {
    public enum Which: Int32, Sendable { case input = 0, output, error }
    private enum Kind { case plain, reopened, socket, guardedTerminal, guardedPipe }

    /// To poll and to ask terminal questions of. Never the inherited number itself: dropping the stream
    /// leaves 0-2 open.
    public let descriptor: OwnedFD
    private let kind: Kind

    /// Looks at the inherited descriptor. Throws EBADF when it is closed.
    public init(_ which: Which) throws(SysError) {
        try self.init(inherited: which.rawValue, writing: which != .input)
    }

    package init(inherited number: Int32, writing: Bool) throws(SysError) {
        var info = stat()
        // SAFETY: filled by the call.
        _ = try sysCall("fstat") { unsafe fstat(number, &info) }
        let terminal = isatty(number) == 1
        let isFIFO = postern_is(info.st_mode, POSTERN_FORMAT_FIFO) != 0
        if terminal || isFIFO {
            let flags = (writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            // SAFETY: the path lives for the call.
            let anew = unsafe postern_open("/proc/self/fd/\(number)", flags, 0)
            if anew >= 0 {
                descriptor = OwnedFD(owning: anew)
                kind = .reopened
                return
            }
        }
        let copy = try sysCall("fcntl") { postern_fcntl(number, F_DUPFD_CLOEXEC, 3) }
        descriptor = OwnedFD(owning: copy)
        if terminal {
            kind = .guardedTerminal
        } else if isFIFO {
            kind = .guardedPipe
        } else if postern_is(info.st_mode, POSTERN_FORMAT_SOCKET) != 0 {
            kind = .socket
        } else {
            kind = .plain
        }
    }

    public var isTerminal: Bool { Terminal.isTerminal(descriptor) }

    /// A regular file (or a device like /dev/null): always ready, never worth polling, its calls never
    /// `.wouldBlock`.
    public var alwaysReady: Bool { kind == .plain }

    /// Reads into the queue what is there, at most `limit` bytes. Blocks only on a regular file's disk.
    public func read(into queue: inout ByteQueue, atMost limit: Int = .max) throws(SysError) -> IOResult {
        switch kind {
        case .plain, .reopened:
            return try queue.fill(from: descriptor, atMost: limit)
        case .socket:
            return try queue.fillSocket(from: descriptor, atMost: limit)
        case .guardedTerminal, .guardedPipe:
            guard try ready(for: Int16(POLLIN)) else { return .wouldBlock }
            return try queue.fill(from: descriptor, atMost: limit)
        }
    }

    /// Writes from the queue what goes, at most `limit` bytes. Blocks only on a regular file's disk. SIGPIPE
    /// must be ignored.
    public func write(from queue: inout ByteQueue, atMost limit: Int = .max) throws(SysError) -> IOResult {
        switch kind {
        case .plain, .reopened:
            return try queue.drain(to: descriptor, atMost: limit)
        case .socket:
            return try queue.drainSocket(to: descriptor, atMost: limit)
        case .guardedPipe:
            // A pipe that polls writable takes PIPE_BUF bytes at once: pipe(7).
            guard try ready(for: Int16(POLLOUT)) else { return .wouldBlock }
            return try queue.drain(to: descriptor, atMost: min(limit, Int(PIPE_BUF)))
        case .guardedTerminal:
            // A terminal that polls writable has room, but for no stated number of bytes.
            guard try ready(for: Int16(POLLOUT)) else { return .wouldBlock }
            return try queue.drain(to: descriptor, atMost: min(limit, 1))
        }
    }

    private func ready(for events: Int16) throws(SysError) -> Bool {
        try sysCall("poll") { postern_poll_one(descriptor.raw, events, 0) } != 0
    }
}
