import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// A session's control socket, and whoever calls there, step by step.
@Suite struct ControlDoorTests {
    @Test("whoever asks is told")
    func ask() throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        try say(Script.errand(.ask, peer: nil), on: line)
        try keeper.turn()
        var reader = AnswerReader()
        guard case .frame(.session, let payload)? = try reader.read(from: line) else { throw TimedOut() }
        #expect(try SessionInfo(payload) == keeper.info)
        try keeper.turn()
        try awaitHangUp(line)
    }

    @Test("an errand may come byte by byte")
    func slowly() throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        for byte in Script.errand(.ask) {
            #expect(try heard(on: line) == "nothing")
            try say([byte], on: line)
            try keeper.turn()
        }
        #expect(try heard(on: line) == "SESSION")
    }

    @Test("a client is let in, comes, and is the same")
    func bring() throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        let client = try SocketPair()
        let frame = try Script.frame()
        try say(Script.errand(.bring) + frame.verbatim, on: line)
        try keeper.turn()
        #expect(keeper.admissions == 1 && keeper.arrivals == 0)
        #expect(try heard(on: line) == "go")
        _ = try Sockets.send([Errand.go], with: client.second, over: line)
        try keeper.turn()
        #expect(try heard(on: line) == "go")
        #expect(keeper.arrivals == 1 && keeper.wants?.verbatim == frame.verbatim)
        let taken = keeper.arrived.take()
        guard let arrived = taken else { throw Missing() }
        try say(bytes("hello"), on: arrived)
        var queue = ByteQueue(capacity: 10)
        _ = try queue.fillSocket(from: client.first)
        #expect(queue.copy() == bytes("hello"))
        try keeper.turn()
        try awaitHangUp(line)
    }

    @Test("a client that comes before it is let in is thrown away")
    func early() throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        let client = try SocketPair()
        let end = try client.second.duplicate()
        let watched = try client.first.duplicate()
        _ = consume client
        let words = Script.errand(.bring) + (try Script.frame()).verbatim
        #expect(try Sockets.send(words, with: end, over: line) == words.count)
        _ = consume end
        try keeper.turn()
        #expect(try heard(on: line) == "go")
        // A byte alone brings nobody.
        try say([Errand.go], on: line)
        try keeper.turn()
        #expect(keeper.arrivals == 0)
        try awaitHangUp(watched)
        try keeper.turn()
        try awaitHangUp(line)
    }

    @Test("a client that may not come is told why, and nothing is taken from it")
    func refuse() throws {
        var keeper = try Doorkeeper()
        keeper.refusal = ErrorReport(stage: .session, field: "take-over", text: "held")
        let line = try keeper.call()
        try say(Script.errand(.bring) + (try Script.frame()).verbatim, on: line)
        try keeper.turn()
        #expect(try refused(on: line) == keeper.refusal)
        let client = try SocketPair()
        let end = try client.second.duplicate()
        let watched = try client.first.duplicate()
        _ = consume client
        _ = try Sockets.send([Errand.go], with: end, over: line)
        _ = consume end
        try keeper.turn()
        #expect(keeper.arrivals == 0)
        try awaitHangUp(line)
        try awaitHangUp(watched)
    }

    @Test(
        "an errand that makes no sense here is refused in words",
        arguments: [
            ("another template", Script.errand(.ask, template: "other")),
            ("another template's client", Script.errand(.bring, template: "other")),
            ("another version", Self.errand("version=2\0do=ask\0template=t\0")),
            ("no version", Self.errand("do=ask\0template=t\0")),
            ("another verb", Self.errand("version=1\0do=rob\0template=t\0")),
            ("no template", Self.errand("version=1\0do=ask\0")),
            ("no fields", Self.errand("version=1")),
            ("nothing", Self.errand("")),
        ] as [(String, [UInt8])])
    func senseless(_ name: String, _ errand: [UInt8]) throws {
        try refuses { keeper, line in
            try say(errand, on: line)
            try keeper.turn()
            #expect(try refused(on: line)?.stage == "session")
        }
    }

    @Test(
        "what is no errand is hung up on",
        arguments: [
            ("a length beyond all errands", [0, 0, 0x10, 1]), ("the largest length", [255, 255, 255, 255]),
            ("a client that nobody announced", Script.errand(.bring, peer: nil)),
            ("a peer that is none", Self.errand("version=1\0do=bring\0template=t\0unix=1 2\0")),
            ("a peer beyond numbers", Self.errand("version=1\0do=bring\0template=t\0vsock=2 4294967296\0")),
        ] as [(String, [UInt8])])
    func noErrand(_ name: String, _ errand: [UInt8]) throws {
        try refuses { keeper, line in
            try say(errand, on: line)
            try keeper.turn()
            #expect(try heard(on: line) == "nothing")
        }
    }

    @Test("an errand with fields of a later version is understood")
    func laterFields() throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        try say(Self.errand("version=1\0do=ask\0template=t\0mood=good\0"), on: line)
        try keeper.turn()
        #expect(try heard(on: line) == "SESSION")
    }

    @Test(
        "a first frame that is none is refused in words",
        arguments: [[0x10, 0, 0, 0, 0], [0x99], [0x02, 0, 0, 0, 1, 65]])
    func badFrame(_ frame: [UInt8]) throws {
        try refuses { keeper, line in
            try say(Script.errand(.bring) + frame, on: line)
            try keeper.turn()
            #expect(try refused(on: line)?.stage == "protocol")
            #expect(keeper.admissions == 0)
        }
    }

    @Test("a caller that hangs up in the middle is forgotten", arguments: [0, 3, 4, 20, 90])
    func hangsUp(_ length: Int) throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        let words = Script.errand(.bring) + (try Script.frame()).verbatim
        try say(Array(words.prefix(length)), on: line)
        try keeper.turn()
        #expect(keeper.deadline != nil)
        _ = consume line
        try keeper.turnUntilAlone()
        #expect(keeper.admissions == 0)
    }

    @Test("callers that dawdle are hung up on, and the door opens to the next")
    func dawdle() throws {
        var keeper = try Doorkeeper()
        let dawdlers = try (0..<16).map { _ in Held(try keeper.call()) }
        let next = try keeper.call()
        try say(Script.errand(.ask), on: next)
        try keeper.turn()
        #expect(keeper.deadline == Errand.patience)
        keeper.now = Errand.patience - 1
        for dawdler in dawdlers { try say([0], on: dawdler.fd) }
        try keeper.turn()
        #expect(try heard(on: next) == "nothing")
        keeper.now = Errand.patience
        try keeper.turn()
        for dawdler in dawdlers { try awaitHangUp(dawdler.fd) }
        try keeper.turn()
        #expect(try heard(on: next) == "SESSION")
    }

    @Test("the door takes a stale socket's place, and leaves none behind")
    func place() throws {
        let path = "/tmp/postern-door-" + SessionID.random().text
        try Files.create([], at: path)
        let door = try ControlDoor.open(path, template: "t")
        _ = try Sockets.connectUnix(path: bytes(path))
        _ = consume door
        #expect(!Files.exists(path))
    }

    static func errand(_ fields: String) -> [UInt8] {
        BigEndian.bytes(UInt32(fields.utf8.count)) + bytes(fields)
    }

    /// Does something wrong on a line of its own: it is closed, nobody has come, and the next caller is served.
    func refuses(_ body: (inout Doorkeeper, borrowing OwnedFD) throws -> Void) throws {
        var keeper = try Doorkeeper()
        let line = try keeper.call()
        try body(&keeper, line)
        try keeper.turn()
        try awaitHangUp(line)
        #expect(keeper.arrivals == 0 && keeper.deadline == nil)
        let next = try keeper.call()
        try say(Script.errand(.ask), on: next)
        try keeper.turn()
        #expect(try heard(on: next) == "SESSION")
    }
}
