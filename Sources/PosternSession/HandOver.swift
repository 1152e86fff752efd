internal import PosternSys
internal import PosternWire

/// The acceptor's side: brings its client to the session's own worker, or asks that for news.
enum HandOver {
    enum Result {
        /// The session's worker has the connection. It is not ours any more.
        case taken
        case refused(ErrorReport)
        /// Nobody is there: the session's worker is ending, or has not begun to listen.
        case nobody
    }

    /// Brings the client, who said `frame`, to the worker at `path`. Blocks for some seconds at most.
    static func bring(
        _ socket: borrowing OwnedFD, _ peer: Peer, _ frame: FirstFrame, template: String, to path: String
    ) -> Result {
        let silent = ErrorReport.silent("the session's worker does not answer")
        do throws(SysError) {
            let line = try Sockets.connectUnix(path: Array(path.utf8))
            let errand = Errand(verb: .bring, template: template, peer: peer).encode()
            let asked = try exchange(line, sending: errand + frame.verbatim)
            switch asked {
            case .go: break
            case .frame(.error, let payload):
                guard let report = try? ErrorReport(payload) else { return .refused(silent) }
                return .refused(report)
            case .frame: return .refused(silent)
            case .silence: return .refused(silent)
            case .end: return .nobody
            }
            _ = try Sockets.send([Errand.go], with: socket, over: line)
            // From here on nothing may be written to the client: whoever has it now may have begun to.
            _ = try exchange(line, sending: [])
            return .taken
        } catch {
            // EAGAIN: it listens, and takes nobody.
            return error.errno == .again ? .refused(silent) : .nobody
        }
    }

    /// What the worker at `path` says of its session; nil when it does not answer.
    enum Answer {
        case go
        case frame(FrameKind, [UInt8])
        case silence
        case end
    }

    private static func exchange(
        _ line: borrowing OwnedFD, sending bytes: [UInt8]
    ) throws(SysError) -> Answer {
        var outbox = ByteQueue(capacity: max(1, bytes.count))
        outbox.append(bytes)
        var answer = AnswerReader()
        var clock = LoopClock()
        let deadline = clock.now + Errand.patience
        var set = PollSet()
        while true {
            do throws(SysError) {
                if !outbox.isEmpty { _ = try outbox.drainSocket(to: line) }
            } catch {
                // It may have refused before it had read everything, and hung up: its answer is still there.
                guard case .frame(let kind, let payload)? = try answer.read(from: line) else { throw error }
                return .frame(kind, payload)
            }
            if let answer = try answer.read(from: line) { return answer }
            guard clock.now < deadline else { return .silence }
            set.reset()
            _ = set.add(line, read: true, write: !outbox.isEmpty)
            try set.wait(milliseconds: clock.milliseconds(until: deadline))
            clock.turn()
        }
    }
}

/// Reads what a session's worker answers, as it comes.
struct AnswerReader: ~Copyable {
    private var decoder = FrameDecoder(from: .worker)
    private var queue = ByteQueue(capacity: Limits.header + Limits.control)

    /// Nil as long as it is not whole.
    mutating func read(from line: borrowing OwnedFD) throws(SysError) -> HandOver.Answer? {
        while true {
            switch try queue.fillSocket(from: line, atMost: decoder.wanted) {
            case .wouldBlock: return nil
            case .endOfFile: return .end
            case .bytes: break
            }
            if decoder.isBetweenFrames, queue.copy(atMost: 1) == [Errand.go] { return .go }
            var position = 0
            do throws(WireError) {
                let event = try queue.withReadable { bytes throws(WireError) in
                    try decoder.next(in: bytes, at: &position)
                }
                queue.removeAll()
                if case .control(let kind, let payload) = event { return .frame(kind, payload) }
            } catch {
                return .end
            }
        }
    }
}
