import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// What is written of a session is read again, or not at all.
@Suite struct RecordTests {
    static func record(output: [(FrameKind, String)] = []) -> Record {
        var info = SessionInfo(session: .random(), state: .ended)
        info.name = bytes("build")
        info.arguments = [bytes("make"), [], [0xFF, 0x0A]]
        info.writer = "ann (vsock:2:1023)"
        info.exit = Exit(status: .code(3))
        info.exit?.cause = .timeout
        info.exit?.stdin = 5
        info.exit?.stdout = 1_000_000
        info.stdin = 5
        info.stdout = 1_000_000
        info.start = 999_000
        var record = Record(owner: 1000, token: .random(), info: info)
        (record.received, record.consumed) = (7, 999_000)
        var log = OutputLog(capacity: 1 << 20, at: 999_000)
        for (kind, text) in output { log.say(kind, text) }
        record.output = log.frames(from: 0)
        return record
    }

    static func reread(_ bytes: [UInt8]) throws -> Record? {
        let path = "/tmp/postern-record-" + SessionID.random().text
        try Files.create(bytes, at: path)
        defer { try? Files.remove(path) }
        return try Record.read(path, whole: true)
    }

    @Test("what is written is what is read, with its output")
    func roundTrip() throws {
        let long = String(repeating: "x", count: 200_000)
        let record = Self.record(output: [(.stdout, "one"), (.stderr, "two"), (.stdout, long)])
        let again = try #require(try Self.reread(record.encode()))
        #expect(again.owner == 1000 && again.token == record.token && again.info == record.info)
        #expect(again.received == 7 && again.consumed == 999_000 && again.output == record.output)
        let log = again.log()
        #expect(log.start == 999_000 && log.end == 999_006 + 200_000)
        #expect(log.frames(from: 0) == record.output)
    }

    @Test("a session without output has an empty log where it ended")
    func withoutOutput() throws {
        let record = try #require(try Self.reread(Self.record().encode()))
        let log = record.log()
        #expect(log.start == 999_000 && log.end == 999_000)
    }

    @Test("frames may begin in the middle of what is held")
    func later() {
        var log = OutputLog(capacity: 100)
        log.say(.stdout, "0123")
        log.say(.stderr, "45")
        #expect(
            log.frames(from: 2) == FrameEncoder.frame(.stdout, bytes("23"))
                + FrameEncoder.frame(.stderr, bytes("45")))
        #expect(log.frames(from: 6) == [])
    }

    @Test("a file that is not there is no record")
    func missing() throws {
        #expect(try Record.read("/tmp/postern-no-such-record") == nil)
    }

    @Test("a file that ends too early is no record, or one with less output")
    func truncated() throws {
        let record = Self.record(output: [(.stdout, "hello"), (.stderr, "world")])
        let bytes = record.encode()
        let head = bytes.count - record.output.count
        for length in 0..<bytes.count {
            let read = try Self.reread(Array(bytes.prefix(length)))
            #expect((read == nil) == (length < head), "\(length) of \(bytes.count) bytes")
            if let read { #expect(read.log().end <= 999_010) }
        }
    }

    @Test(
        "a file of something else is no record",
        arguments: [
            "", "\0", "\0\0\0\0", "\0\0\0\0\0\0\0\0", "hello, world", "\0\0\0\u{1}x\0\0\0\0",
            "\0\0\0\u{8}owner=1\0\0\0\0\u{3}a=b",
        ])
    func garbage(_ text: String) throws {
        #expect(try Self.reread(bytes(text)) == nil)
    }

    @Test("lengths beyond the file are no lengths")
    func hugeLengths() throws {
        #expect(try Self.reread([0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]) == nil)
        #expect(try Self.reread([0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
    }

    @Test("no damage to a file is more than its own")
    func damaged() throws {
        let bytes = Self.record(output: [(.stdout, "hello"), (.stderr, "world")]).encode()
        for index in bytes.indices {
            for byte in [0, 0x39, 0xFF] as [UInt8] {
                var damaged = bytes
                damaged[index] = byte
                if let record = try Self.reread(damaged) { _ = record.log().end }
            }
        }
    }

    @Test("output behind the last offset there can be is no record")
    func lastOffset() throws {
        var record = Self.record(output: [(.stdout, "hello")])
        record.info.start = .max
        #expect(try Self.reread(record.encode()) == nil)
    }

    @Test("a field that a later version knows is passed over")
    func laterField() throws {
        let record = Self.record()
        let encoded = record.encode()
        let length = Int(BigEndian.number(encoded.prefix(4)))
        let head = Array(encoded.dropFirst(4).prefix(length)) + bytes("colour=blue\0")
        let later = BigEndian.bytes(UInt32(head.count)) + head + encoded.dropFirst(4 + length)
        #expect(try Self.reread(later)?.token == record.token)
    }
}
