import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// A client on its way from the worker that accepted it to its session's.
@Suite(.serialized) struct HandOverTests {
    @Test("a client that is let in is the session's, and the acceptor's no more")
    func taken() throws {
        var keeper = try Doorkeeper()
        let client = try SocketPair()
        let acceptor = Bringing(try client.first.duplicate(), try Script.frame(), to: keeper.path)
        #expect(try acceptor.result(&keeper).word == "taken")
        let taken = keeper.arrived.take()
        guard let arrived = taken else { throw Missing() }
        try say(bytes("hello"), on: client.second)
        var queue = ByteQueue(capacity: 10)
        _ = try queue.fillSocket(from: arrived)
        #expect(queue.copy() == bytes("hello"))
    }

    @Test("a refusal reaches the acceptor in the session's words")
    func refused() throws {
        var keeper = try Doorkeeper()
        keeper.refusal = ErrorReport(stage: .session, field: "take-over", text: "held by ann")
        let acceptor = Bringing(try SocketPair().first.duplicate(), try Script.frame(), to: keeper.path)
        let (word, report) = try acceptor.result(&keeper)
        #expect(word == "refused" && report == keeper.refusal)
    }

    @Test("another socket's session is refused")
    func template() throws {
        var keeper = try Doorkeeper()
        let acceptor = Bringing(
            try SocketPair().first.duplicate(), try Script.frame(), to: keeper.path, template: "other")
        let (word, report) = try acceptor.result(&keeper)
        #expect(word == "refused" && report?.text == "the session is another socket's")
    }

    @Test("a first frame larger than any socket's buffer arrives whole")
    func largeFrame() throws {
        var keeper = try Doorkeeper()
        let frame = try Self.largeFrame()
        let acceptor = Bringing(try SocketPair().first.duplicate(), frame, to: keeper.path)
        #expect(try acceptor.result(&keeper).word == "taken")
        #expect(keeper.wants?.verbatim == frame.verbatim)
    }

    @Test("a refusal in the middle of a large frame reaches the acceptor, although nobody reads the rest")
    func refusedEarly() throws {
        let path = "/tmp/postern-door-" + SessionID.random().text
        let listener = try Sockets.listenUnix(path: bytes(path))
        defer { try? Files.remove(path) }
        let refusal = ErrorReport(stage: .session, text: "of another version")
        let acceptor = Bringing(try SocketPair().first.duplicate(), try Self.largeFrame(), to: path)
        let (word, report) = try acceptor.result {
            var set = PollSet()
            _ = set.add(listener, read: true, write: false)
            try set.wait(milliseconds: 10)
            guard let line = try Sockets.accept(from: listener) else { return }
            // Until no more of it fits.
            var (before, now) = (-1, line.bytesReadable())
            while before < now || now < 100_000 { (before, now) = (now, line.bytesReadable()) }
            try say(FrameEncoder.frame(.error, refusal.encode()), on: line)
        }
        #expect(word == "refused" && report == refusal)
    }

    @Test("where nobody listens there is nobody")
    func nobody() throws {
        var keeper = try Doorkeeper()
        let missing = Bringing(
            try SocketPair().first.duplicate(), try Script.frame(), to: keeper.path + "-not")
        #expect(try missing.result(&keeper).word == "nobody")
        let stale = keeper.path + "-stale"
        _ = try Sockets.listenUnix(path: bytes(stale))
        defer { try? Files.remove(stale) }
        let acceptor = Bringing(try SocketPair().first.duplicate(), try Script.frame(), to: stale)
        #expect(try acceptor.result(&keeper).word == "nobody")
    }

    @Test("a session that takes nobody any more does not answer")
    func fullBacklog() throws {
        var keeper = try Doorkeeper()
        var waiting = try Backlog(keeper.path)
        try waiting.fill()
        let acceptor = HandOver.bring(
            try SocketPair().first, Script.peer, try Script.frame(), template: "t", to: keeper.path)
        guard case .refused(let report) = acceptor else { throw Missing() }
        #expect(report.text == "the session's worker does not answer")
        _ = consume waiting
        try keeper.turnUntilAlone()
        let next = Bringing(try SocketPair().first.duplicate(), try Script.frame(), to: keeper.path)
        #expect(try next.result(&keeper).word == "taken")
    }

    // MARK: - What comes instead of the client

    @Test("nobody comes but the client that was announced", arguments: Impostor.allCases)
    func impostor(_ impostor: Impostor) throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        let announced = impostor == .stranger ? Peer.unix(pid: 1, uid: 77, gid: 77) : Script.peer
        try say(Script.errand(.bring, peer: announced) + (try Script.frame()).verbatim, on: line)
        try keeper.turn()
        #expect(try heard(on: line) == "go")
        let watched = try impostor.send(over: line)
        try keeper.turn()
        #expect(keeper.arrivals == 0)
        #expect(try heard(on: line) == "nothing")
        try keeper.turn()
        try awaitHangUp(line)
        switch watched {
        case .some(let watched): try awaitHangUp(watched)
        case .none: break
        }
        let next = Bringing(try SocketPair().first.duplicate(), try Script.frame(), to: keeper.path)
        #expect(try next.result(&keeper).word == "taken")
    }

    enum Impostor: CaseIterable {
        case stranger, pipe, file, listener, nothing

        /// Sends it; returns the other end, if it has one, to see whether somebody keeps it.
        func send(over line: borrowing OwnedFD) throws -> OwnedFD? {
            switch self {
            case .stranger:
                let pair = try SocketPair()
                _ = try Sockets.send([Errand.go], with: pair.second, over: line)
                return try pair.first.duplicate()
            case .pipe:
                let pipe = try Pipe()
                _ = try Sockets.send([Errand.go], with: pipe.writeEnd, over: line)
                return try pipe.readEnd.duplicate()
            case .file:
                _ = try Sockets.send([Errand.go], with: try Files.null(), over: line)
                return nil
            case .listener:
                let path = "/tmp/postern-listener-" + SessionID.random().text
                defer { try? Files.remove(path) }
                let listener = try Sockets.listenUnix(path: bytes(path))
                let waiting = try Sockets.connectUnix(path: bytes(path))
                _ = try Sockets.send([Errand.go], with: listener, over: line)
                return waiting
            case .nothing:
                try say([Errand.go], on: line)
                return nil
            }
        }
    }

    @Test("a second client behind the first is nobody's")
    func second() throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        try say(Script.errand(.bring) + (try Script.frame()).verbatim, on: line)
        try keeper.turn()
        let (first, other) = (try Self.send(over: line), try Self.send(over: line))
        try keeper.turn()
        #expect(keeper.arrivals == 1)
        try keeper.turn()
        _ = consume line
        try awaitHangUp(other.fd)
        try say(bytes("first"), on: first.fd)
        let taken = keeper.arrived.take()
        guard let arrived = taken else { throw Missing() }
        var queue = ByteQueue(capacity: 10)
        _ = try queue.fillSocket(from: arrived)
        #expect(queue.copy() == bytes("first"))
    }

    /// Sends a client's connection away; this is its own end.
    static func send(over line: borrowing OwnedFD) throws -> Held {
        let pair = try SocketPair()
        _ = try Sockets.send([Errand.go], with: pair.second, over: line)
        return Held(try pair.first.duplicate())
    }

    /// An OPEN of nearly the largest size there is.
    static func largeFrame() throws -> FirstFrame {
        var request = OpenRequest(session: .random(), token: .random(), limit: 0)
        request.arguments = [bytes("cat")] + (0..<10).map { _ in [UInt8](repeating: 65, count: 100_000) }
        return try FirstFrame(.open, request.encode())
    }

    /// Callers that wait to be taken.
    struct Backlog: ~Copyable {
        private let path: String
        private var lines: [Held] = []

        init(_ path: String) throws { self.path = path }

        /// Calls until nobody more can.
        mutating func fill() throws {
            while true {
                do throws(SysError) {
                    lines.append(Held(try Sockets.connectUnix(path: bytes(path))))
                } catch {
                    guard error.errno == .again else { throw error }
                    return
                }
            }
        }
    }
}
