internal import PosternSys
internal import PosternWire

/// One connection to a worker: its socket, what came over it and is not looked at yet, and what is to leave.
///
/// It can be opened again: nothing of an old connection is left then, neither half a frame that came nor half of
/// one that was on its way.
struct Connection: ~Copyable {
    /// Nil while there is none.
    private(set) var socket: OwnedFD?
    var decoder = FrameDecoder(from: .worker)
    var inbox = ByteQueue(capacity: 128 * 1024)
    var sender = FrameSender()

    init(_ socket: consuming OwnedFD) { self.socket = .some(socket) }

    var isOpen: Bool {
        switch socket {
        case .none: false
        case .some: true
        }
    }

    /// A new socket in the place of the one that was lost.
    mutating func reopen(_ socket: consuming OwnedFD) {
        close()
        decoder = FrameDecoder(from: .worker)
        inbox.removeAll()
        self.socket = .some(socket)
    }

    /// Ends the connection. What it had brought stays to be looked at.
    mutating func close() {
        switch socket {
        case .none: break
        case .some(let socket): Sockets.shutdownBoth(socket)
        }
        socket = nil
        sender.removeAll()
    }

    /// Reads what is there into the inbox.
    mutating func fill() throws(SysError) -> IOResult {
        switch socket {
        case .none: .wouldBlock
        case .some(let socket): try inbox.fillSocket(from: socket)
        }
    }

    mutating func send() {
        do throws(SysError) {
            switch socket {
            case .none: sender.removeAll()
            case .some(let socket): try sender.send(to: socket)
            }
        } catch {
            // The worker may have said why before it closed: that is still to be read. A reset takes the
            // read end as well, and reading then says so.
            sender.removeAll()
        }
    }

    /// Adds the socket to what a turn waits for. Nil when there is nothing to wait for.
    func watch(in set: inout PollSet) -> PollSet.Slot? {
        let reads = sender.hasRoomForReplies
        guard reads || !sender.isEmpty else { return nil }
        return switch socket {
        case .none: nil
        case .some(let socket): set.add(socket, read: reads, write: !sender.isEmpty)
        }
    }
}
