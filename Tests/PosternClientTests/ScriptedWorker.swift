import PosternSys
import PosternWire
import Testing

@testable import PosternClient

/// The worker's end of one connection, played by a test.
struct ScriptedWorker: ~Copyable {
    let socket: OwnedFD
    private var decoder = FrameDecoder(from: .client)
    private var inbox = ByteQueue(capacity: 1 << 21)
    private var received: [UInt8] = []
    private var position = 0

    init(_ socket: consuming OwnedFD) { self.socket = socket }

    func send(_ bytes: [UInt8]) throws { try Files.writeAll(bytes, to: socket) }

    func send(_ kind: FrameKind, _ payload: [UInt8] = []) throws {
        try send(FrameEncoder.frame(kind, payload))
    }

    /// Reads what comes before any frame, up to its newline.
    func line() throws -> String {
        var line = ByteQueue(capacity: 64)
        while line.copy().last != UInt8(ascii: "\n") {
            try awaitInput(socket)
            guard case .bytes = try line.fillSocket(from: socket, atMost: 1) else { throw TimedOut() }
        }
        return String(decoding: line.copy(), as: UTF8.self)
    }

    /// The next frame of the client, which has to be of this kind. Data frames come in whatever pieces they came.
    mutating func expect(_ kind: FrameKind) throws -> [UInt8] {
        let event = try next()
        switch event {
        case .data(kind, let range): return Array(received[range])
        case .control(kind, let payload): return payload
        default:
            Issue.record("expected \(kind), got \(String(describing: event))")
            throw TimedOut()
        }
    }

    /// Waits for data frames of this kind until `count` bytes of them have come.
    mutating func collect(_ kind: FrameKind, _ count: Int) throws -> [UInt8] {
        var collected: [UInt8] = []
        while collected.count < count { collected += try expect(kind) }
        return collected
    }

    /// The next frame that is not a WINDOW, which comes when it comes.
    mutating func expectPassingWindows(_ kind: FrameKind) throws -> [UInt8] {
        while true {
            switch try next() {
            case .control(.window, _): continue
            case .control(kind, let payload): return payload
            case let event:
                Issue.record("expected \(kind), got \(String(describing: event))")
                throw TimedOut()
            }
        }
    }

    /// The next frame, nil at the end of the connection.
    mutating func next() throws -> FrameDecoder.Event? {
        while true {
            let bytes = received
            var here = position
            let event = try decoder.next(in: bytes.span, at: &here)
            position = here
            if let event { return event }
            received = []
            position = 0
            try awaitInput(socket)
            if try inbox.fillSocket(from: socket) == .endOfFile { return nil }
            received = inbox.copy()
            inbox.removeAll()
        }
    }
}
