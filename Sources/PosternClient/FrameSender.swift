internal import PosternSys
internal import PosternWire

/// Frames on their way to the worker, in one bounded queue.
///
/// stdin is only taken while the queue is short, so that what is urgent (a signal, a hang-up) waits behind
/// little; frames of ours always fit, because the worker is not read while answers to it pile up.
struct FrameSender: ~Copyable {
    private static let dataShare = 128 * 1024
    private static let replyShare = 512 * 1024

    private var queue = ByteQueue(capacity: Limits.header + Limits.open + dataShare)

    var isEmpty: Bool { queue.isEmpty }
    /// Whether one more STDIN frame may be queued.
    var takesData: Bool { queue.count < Self.dataShare }
    /// Whether the answers to what comes next will fit.
    var hasRoomForReplies: Bool { queue.count < Self.replyShare }

    mutating func append(_ kind: FrameKind, _ payload: [UInt8] = []) {
        queue.append(FrameEncoder.frame(kind, payload))
    }

    /// One data frame of these bytes.
    mutating func append(_ kind: FrameKind, _ bytes: Span<UInt8>) {
        let header = FrameEncoder.header(kind, length: bytes.count)
        queue.append(header.span)
        queue.append(bytes)
    }

    /// Sends what the socket takes without blocking.
    mutating func send(to socket: borrowing OwnedFD) throws(SysError) {
        while !queue.isEmpty {
            guard case .bytes = try queue.drainSocket(to: socket) else { return }
        }
    }

    mutating func removeAll() { queue.removeAll() }
}
