internal import PosternSys
internal import PosternWire

/// The end of a connection that has no session: one ERROR frame, or an answer, then shutdown.
enum Farewell {
    /// How long the client gets to take the frame, in nanoseconds.
    private static let patience: UInt64 = 2_000_000_000

    /// Sends `report` and shuts the connection down; blocks for at most two seconds.
    ///
    /// - Parameter reading: whether what the client has sent and still sends is read (and thrown away) until
    ///   it has closed or said BYE: a VMM's proxy may drop what was not delivered when it sees the shutdown.
    static func send(_ report: ErrorReport, on socket: borrowing OwnedFD, reading: Bool = true) {
        send([FrameEncoder.frame(.error, report.encode())], on: socket, reading: reading)
    }

    /// The same with these frames.
    static func send(_ frames: [[UInt8]], on socket: borrowing OwnedFD, reading: Bool = true) {
        let length = frames.reduce(0) { $0 + $1.count }
        var queue = ByteQueue(capacity: max(1, length))
        for frame in frames { queue.append(frame) }
        var clock = LoopClock()
        let deadline = clock.now + patience
        do throws(SysError) {
            var isOver = false
            var tail: [UInt8] = []
            while !isOver, clock.now < deadline {
                if !queue.isEmpty { _ = try queue.drainSocket(to: socket) }
                if queue.isEmpty, !reading { break }
                var set = PollSet()
                _ = set.add(socket, read: reading, write: !queue.isEmpty)
                try set.wait(milliseconds: clock.milliseconds(until: deadline))
                clock.turn()
                if reading { isOver = try hasEnded(socket, &tail) && queue.isEmpty }
            }
        } catch {
            // The client is gone; the journal has the reason.
        }
        Sockets.shutdownBoth(socket)
    }

    /// Throws away what has come; true at the end of it, or after BYE: that is all a client has left to say,
    /// so nothing else is looked for.
    private static func hasEnded(_ socket: borrowing OwnedFD, _ tail: inout [UInt8]) throws(SysError) -> Bool
    {
        var waste = ByteQueue(capacity: Limits.data)
        switch try waste.fillSocket(from: socket) {
        case .bytes(let count):
            let last = waste.copy(from: max(0, count - Limits.header))
            tail = Array((tail + last).suffix(Limits.header))
            return tail == FrameEncoder.frame(.bye)
        case .wouldBlock: return false
        case .endOfFile: return true
        }
    }
}
