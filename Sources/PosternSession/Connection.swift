internal import PosternSys
internal import PosternWire

/// One client's connection: frames in, frames and output out. What the client is to the session, others know.
final class Connection {
    /// Room kept for control frames beside what is left of a data frame.
    private static let replies = 32 * 1024

    let socket: OwnedFD
    let peer: Peer
    /// Who it claims to be, for other people's eyes.
    let claim: [UInt8]?
    private var decoder = FrameDecoder(from: .client)
    private var inbox: ByteQueue
    private var position = 0
    private var outbox = ByteQueue(capacity: Limits.header + Limits.data + replies)
    /// Up to which offset output was sent, or queued.
    private(set) var sent: UInt64
    var saidExit = false

    /// - Parameter input: whether it may send stdin, and not only control frames.
    init(_ socket: consuming OwnedFD, peer: Peer, claim: [UInt8]?, sent: UInt64, input: Bool) {
        self.socket = socket
        self.peer = peer
        self.claim = claim
        self.sent = sent
        inbox = ByteQueue(capacity: input ? Limits.data : 2 * Limits.control)
    }

    /// `bob@host (vsock:2:1023)`
    var text: String {
        claim.map { "\(Text.printable($0, limit: 64)) (\(peer.text))" } ?? peer.text
    }

    // MARK: - In

    /// Whether something was received that `next` has not given yet.
    var hasUnread: Bool { !inbox.isEmpty }

    /// Takes what has come. False at the end of the stream.
    func receive() throws(SysError) -> Bool {
        guard inbox.isEmpty else { return true }
        return try inbox.fillSocket(from: socket) != .endOfFile
    }

    /// The next event in what was received; nil when there is none.
    func next() throws(WireError) -> FrameDecoder.Event? {
        let event: FrameDecoder.Event?
        do throws(WireError) {
            event = try inbox.withReadable { bytes throws(WireError) in
                try decoder.next(in: bytes, at: &position)
            }
        } catch {
            // Nothing after this can be decoded; what the peer still sends is thrown away.
            decoder = FrameDecoder(from: .client)
            dropUnread()
            throw error
        }
        if event == nil { dropUnread() }
        return event
    }

    func dropUnread() {
        inbox.removeAll()
        position = 0
    }

    /// Lends a data event's bytes.
    func withBytes<Result>(of range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
        inbox.withReadable { body($0.extracting(range)) }
    }

    // MARK: - Out

    /// Whether queued bytes wait for the socket.
    var hasQueued: Bool { !outbox.isEmpty }
    /// Half of the replies' room: one control frame and the answers it can cause.
    var hasRoomForReplies: Bool { outbox.free >= Self.replies / 2 }

    func append(_ kind: FrameKind, _ payload: [UInt8]) {
        outbox.append(FrameEncoder.frame(kind, payload))
    }

    /// Sends queued frames. True when all are out.
    func flush() throws(SysError) -> Bool {
        while !outbox.isEmpty {
            guard case .bytes = try outbox.drainSocket(to: socket) else { return false }
        }
        return true
    }

    /// Sends queued frames and then output, up to the offset `limit`, as much as goes without blocking. Returns
    /// how many bytes of output that was.
    func send(_ log: borrowing OutputLog, upTo limit: UInt64, frame longest: Int = Limits.data)
        throws(SysError)
        -> Int
    {
        let before = sent
        while try flush(), let piece = log.piece(from: sent, upTo: limit, atMost: longest) {
            guard case .bytes(let count) = try log.send(piece, to: socket) else { break }
            sent = piece.range.upperBound
            // A frame that was begun must be ended, and the log may have dropped it by then.
            if count < Limits.header + piece.range.count {
                log.copyRest(of: piece, after: count, to: &outbox)
                break
            }
        }
        return Int(sent - before)
    }

    /// Goes on at a later offset, and says so.
    func skip(to offset: UInt64) {
        append(.gap, Gap(offset: offset).encode())
        sent = offset
    }

    /// For everybody who holds it: systemd has a duplicate until the unit is dead.
    func shutdown() { Sockets.shutdownBoth(socket) }
}
