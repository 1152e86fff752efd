internal import PosternSys
internal import PosternWire

/// Another worker on the session's control socket. It reads by itself, in the order that `Errand` gives; what the
/// caller then wants is the loop's to decide.
final class Caller {
    enum Want {
        case news
        /// A client's first frame: may it come?
        case admission(Peer, FirstFrame)
        /// The client is here.
        case arrival(Peer, FirstFrame)
    }
    private enum Stage {
        case errand
        case frame(Peer)
        case descriptor(Peer, FirstFrame)
        case done
    }

    let line: OwnedFD
    let deadline: UInt64
    var slot: PollSet.Slot?
    private let template: String
    private var stage = Stage.errand
    private var bytes: [UInt8] = []
    private var decoder = FrameDecoder(from: .client)
    private(set) var want: Want?
    private var client: OwnedFD?

    init(_ line: consuming OwnedFD, template: String, deadline: UInt64) {
        self.line = line
        self.template = template
        self.deadline = deadline
    }

    var isDone: Bool { if case .done = stage { want == nil } else { false } }

    /// Reads what has come, until something is wanted, or more must come.
    func listen() {
        do throws(SysError) {
            while want == nil, try step() {}
        } catch {
            stage = .done
        }
    }

    // MARK: - What the loop answers

    func tell(_ news: SessionInfo) {
        want = nil
        answer(FrameEncoder.frame(.session, news.encode()))
    }

    func refuse(_ report: ErrorReport) {
        (want, stage) = (nil, .done)
        answer(FrameEncoder.frame(.error, report.encode()))
    }

    /// Lets the client come.
    func go() {
        guard case .admission(let peer, let frame) = want else { return }
        (want, stage) = (nil, .descriptor(peer, frame))
        answer([Errand.go])
        listen()
    }

    /// The client's connection, once it has arrived; it is ours from here on.
    func takeClient() -> OwnedFD? {
        want = nil
        answer([Errand.go])
        return client.take()
    }

    /// A few bytes on a socket that little was written to before: they fit. A caller that is gone does not read.
    private func answer(_ bytes: [UInt8]) {
        var queue = ByteQueue(capacity: bytes.count)
        queue.append(bytes)
        _ = try? queue.drainSocket(to: line)
    }

    // MARK: - Steps

    /// One step; false when more must come first.
    private func step() throws(SysError) -> Bool {
        switch stage {
        case .errand: return try readErrand()
        case .frame(let peer): return try readFrame(peer)
        case .descriptor(let peer, let frame): return try readDescriptor(peer, frame)
        case .done: return false
        }
    }

    /// Reads at most `count` bytes; nil when there are none yet, or none will come.
    private func read(_ count: Int) throws(SysError) -> [UInt8]? {
        var queue = ByteQueue(capacity: min(max(count, 1), Limits.data))
        switch try queue.fillSocket(from: line) {
        case .wouldBlock: return nil
        case .endOfFile:
            stage = .done
            return nil
        case .bytes: return queue.copy()
        }
    }

    private func readErrand() throws(SysError) -> Bool {
        let length = bytes.count < 4 ? 0 : Int(BigEndian.number(bytes.prefix(4)))
        guard length <= Errand.longest else {
            stage = .done
            return false
        }
        if bytes.count < 4 + length || bytes.count < 4 {
            guard let more = try read(bytes.count < 4 ? 4 - bytes.count : 4 + length - bytes.count) else {
                return false
            }
            bytes += more
            return true
        }
        stage = .done
        guard let errand = Errand(Array(bytes.dropFirst(4))) else {
            let text =
                "the session's worker is of another version of postern, from before an upgrade or a downgrade"
            refuse(ErrorReport(stage: .session, text: text))
            return false
        }
        guard errand.template == template else {
            refuse(ErrorReport(stage: .session, text: "the session is another socket's"))
            return false
        }
        switch (errand.verb, errand.peer) {
        case (.ask, _): want = .news
        case (.bring, let peer?): stage = .frame(peer)
        case (.bring, nil): break
        }
        return true
    }

    private func readFrame(_ peer: Peer) throws(SysError) -> Bool {
        guard let some = try read(decoder.wanted) else { return false }
        var position = 0
        do throws(WireError) {
            guard case .control(let kind, let payload) = try decoder.next(in: some.span, at: &position) else {
                return true
            }
            want = .admission(peer, try FirstFrame(kind, payload))
        } catch {
            refuse(ErrorReport(error))
        }
        return true
    }

    private func readDescriptor(_ peer: Peer, _ frame: FirstFrame) throws(SysError) -> Bool {
        var received = try Sockets.receive(from: line, atMost: 1)
        switch received.result {
        case .wouldBlock: return false
        case .endOfFile: stage = .done
        case .bytes:
            stage = .done
            client = received.descriptor.take()
            // What came is what was announced, or it is nothing of ours.
            guard try isConnection(of: peer) else {
                client = nil
                return false
            }
            want = .arrival(peer, frame)
        }
        return false
    }

    private func isConnection(of peer: Peer) throws(SysError) -> Bool {
        switch client {
        case .none: false
        case .some(let client):
            Sockets.isListening(client) ? false : try Peer.of(client) == peer
        }
    }
}
