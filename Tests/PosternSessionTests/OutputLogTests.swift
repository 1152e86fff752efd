import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// Two streams in one log: what is kept, and how it comes out again.
@Suite struct OutputLogTests {
    /// What one stream said, between two offsets.
    struct Said: Equatable {
        var kind: FrameKind
        var offset: UInt64
        var text: String

        init(_ kind: FrameKind, _ offset: UInt64, _ text: String) {
            (self.kind, self.offset, self.text) = (kind, offset, text)
        }
    }

    @Test("stretches of one stream come out in one piece, and never with the other's")
    func pieces() {
        var log = OutputLog(capacity: 100)
        log.say(.stdout, "one ")
        log.say(.stdout, "two")
        log.say(.stderr, "ouch")
        log.say(.stdout, "three")
        #expect(
            log.all() == [Said(.stdout, 0, "one two"), Said(.stderr, 7, "ouch"), Said(.stdout, 11, "three")])
        #expect(log.start == 0 && log.end == 16)
    }

    @Test("a piece begins where it is asked for, and ends at the limit, the frame or the other stream")
    func cuts() {
        var log = OutputLog(capacity: 100)
        log.say(.stdout, "0123456789")
        log.say(.stderr, "abc")
        let cases: [(from: UInt64, limit: UInt64, longest: Int, range: Range<UInt64>?)] = [
            (4, .max, 100, 4..<10), (4, 7, 100, 4..<7), (4, .max, 2, 4..<6), (10, .max, 100, 10..<13),
            (12, .max, 100, 12..<13), (13, .max, 100, nil), (4, 4, 100, nil), (4, 2, 100, nil),
            (9, 11, 100, 9..<10),
        ]
        for (from, limit, longest, range) in cases {
            #expect(log.piece(from: from, upTo: limit, atMost: longest)?.range == range)
        }
    }

    @Test("a piece is never longer than a frame")
    func frames() {
        var log = OutputLog(capacity: 1 << 20)
        for _ in 0..<20 { log.say(.stdout, String(repeating: "x", count: 10_000)) }
        #expect(log.piece(from: 0, upTo: .max)?.range == 0..<UInt64(Limits.data))
    }

    @Test("the oldest output goes first, in the middle of a stretch if it must")
    func drops() {
        var log = OutputLog(capacity: 10)
        log.say(.stdout, "0123")
        log.say(.stderr, "4567")
        log.say(.stdout, "89abc")
        #expect(log.start == 3)
        #expect(log.all() == [Said(.stdout, 3, "3"), Said(.stderr, 4, "4567"), Said(.stdout, 8, "89abc")])
        log.say(.stdout, "d")
        #expect(log.all() == [Said(.stderr, 4, "4567"), Said(.stdout, 8, "89abcd")])
        log.say(.stderr, String(repeating: "z", count: 25))
        #expect(log.all() == [Said(.stderr, 29, "zzzzzzzzzz")])
    }

    @Test("a log may begin anywhere")
    func begins() {
        var log = OutputLog(capacity: 10, at: 1 << 40)
        #expect(log.start == 1 << 40 && log.end == 1 << 40 && log.piece(from: 1 << 40, upTo: .max) == nil)
        log.say(.stderr, "abc")
        #expect(log.all() == [Said(.stderr, 1 << 40, "abc")])
    }

    @Test("there is room for what can be dropped, and for no more")
    func room() {
        var log = OutputLog(capacity: 10)
        #expect(log.room(keeping: 0) == 10 && log.room(keeping: nil) == ByteRing.longestRead)
        log.say(.stdout, "0123456")
        #expect(log.room(keeping: 0) == 3 && log.room(keeping: 5) == 8 && log.room(keeping: 7) == 10)
        log.say(.stdout, "789")
        #expect(log.room(keeping: 0) == 0 && log.room(keeping: nil) == ByteRing.longestRead)
        log.say(.stdout, "abcde")
        // What is gone already cannot be kept.
        #expect(log.room(keeping: 0) == 0 && log.room(keeping: 6) == 1)
    }

    @Test("what is read is noted with its stream, and no more of it than is asked for")
    func reads() throws {
        let pipe = try Pipe()
        try pipe.readEnd.setNonBlocking()
        var queue = ByteQueue(capacity: 100)
        queue.append(bytes("hello"))
        _ = try queue.drain(to: pipe.writeEnd)
        var log = OutputLog(capacity: 10)
        #expect(try log.read(.stdout, from: pipe.readEnd, atMost: 2) == .bytes(2))
        #expect(try log.read(.stderr, from: pipe.readEnd, atMost: 100) == .bytes(3))
        #expect(try log.read(.stderr, from: pipe.readEnd, atMost: 100) == .wouldBlock)
        #expect(log.all() == [Said(.stdout, 0, "he"), Said(.stderr, 2, "llo")])
    }

    @Test(
        "streams that alternate with every byte are bounded by their number, and nothing that is kept is lost"
    )
    func alternations() {
        var log = OutputLog(capacity: 1 << 20)
        func kind(_ offset: UInt64) -> FrameKind { offset % 2 == 0 ? .stdout : .stderr }
        for offset in 0..<16_384 as Range<UInt64> {
            #expect(log.room(keeping: 0) > 0)
            log.say(kind(offset), "x")
        }
        #expect(log.start == 0 && log.end == 16_384)
        #expect(log.room(keeping: 0) == 0)
        #expect(log.room(keeping: 1) > 0 && log.room(keeping: nil) > 0)
        for offset in 16_384..<100_000 as Range<UInt64> { log.say(kind(offset), "x") }
        #expect(log.start == 100_000 - 16_384)
        for offset in [log.start, log.start + 1, 90_001, 99_999] {
            let piece = log.piece(from: offset, upTo: .max)
            #expect(piece?.range == offset..<offset + 1 && piece?.kind == kind(offset))
        }
        #expect(log.all().count == 16_384)
    }

    @Test("a frame that a socket took in part is ended from what is left of it")
    func parts() throws {
        let pair = try SocketPair()
        var log = OutputLog(capacity: 1 << 21)
        for index in 0..<30 {
            log.say(
                index % 2 == 0 ? .stdout : .stderr, String(repeating: "\(index % 10)", count: 65_536 - index))
        }
        var rest = ByteQueue(capacity: Limits.header + Limits.data)
        var (sent, wasCut): (UInt64, Bool) = (0, false)
        var decoder = FrameDecoder(from: .worker)
        var inbox = ByteQueue(capacity: 1 << 20)
        var received = OutputLog(capacity: 1 << 21)
        while received.end < log.end {
            while rest.isEmpty, let piece = log.piece(from: sent, upTo: .max),
                case .bytes(let count) = try log.send(piece, to: pair.first)
            {
                sent = piece.range.upperBound
                log.copyRest(of: piece, after: count, to: &rest)
                wasCut = wasCut || !rest.isEmpty
            }
            var position = 0
            _ = try inbox.fillSocket(from: pair.second, atMost: 70_001)
            let bytes = inbox.copy()
            while let event = try decoder.next(in: bytes.span, at: &position) {
                if case .data(let kind, let range) = event {
                    received.append(kind, bytes.span.extracting(range))
                }
            }
            inbox.removeAll()
            _ = try rest.drainSocket(to: pair.first)
        }
        #expect(wasCut)
        #expect(received.all() == log.all())
    }
}

extension OutputLog {
    mutating func say(_ kind: FrameKind, _ text: String) {
        let bytes = bytes(text)
        append(kind, bytes.span)
    }

    /// All that is held, piece by piece.
    func all() -> [OutputLogTests.Said] {
        var said: [OutputLogTests.Said] = []
        var queue = ByteQueue(capacity: Limits.header + Limits.data)
        var offset = start
        while let piece = piece(from: offset, upTo: .max) {
            copyRest(of: piece, after: 0, to: &queue)
            let text = String(decoding: queue.copy(from: Limits.header), as: UTF8.self)
            said.append(.init(piece.kind, offset, text))
            queue.removeAll()
            offset = piece.range.upperBound
        }
        return said
    }
}
