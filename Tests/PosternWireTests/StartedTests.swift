import PosternWire
import Testing

@Suite struct StartedTests {
    private static let start = "version=1\0session=0123456789abcdef0123456789abcdef\0pid=1\0limit=0\0"

    @Test func startsComeBack() throws {
        #expect(try Started(Example.started.encode()) == Example.started)
        let bare = Started(session: Example.session, pid: 1, tty: nil, limit: 0)
        #expect(try Started(bare.encode()) == bare)
        #expect(try Started(Example.startedAgain.encode()) == Example.startedAgain)
    }

    @Test func whatIsNotSaidIsAStartFromNothing() throws {
        let read = try Started(bytes(Self.start))
        #expect(read == Started(session: Example.session, pid: 1, tty: nil, limit: 0))
        #expect((read.consumed, read.offset, read.replay) == (0, 0, 0))
        #expect(!read.stdin && read.boot == nil && read.features.isEmpty)
    }

    @Test(
        arguments: [
            ("", .missingField("version")), ("version=1\0", .missingField("session")),
            ("version=1\0session=0123456789abcdef0123456789abcdef\0", .missingField("pid")),
            ("version=1\0session=0123456789abcdef0123456789abcdef\0pid=1\0", .missingField("limit")),
            ("version=2\0", Malformed.bad("version", "2")), (start + "pid=2\0", .repeatedField("pid")),
            (start + "window=0\0", .unknownField(bytes("window"))),
            (start + "consumed=1\0", Malformed.bad("limit", "0")),
            (start + "consumed=x\0", Malformed.bad("consumed", "x")),
            (start + "offset=-1\0", Malformed.bad("offset", "-1")),
            (start + "replay=\0", Malformed.bad("replay", "")),
            (start + "stdin=2\0", Malformed.bad("stdin", "2")),
            (start + "boot=0\0", Malformed.bad("boot", "0")),
            (start + "consumed=0\0consumed=0\0", .repeatedField("consumed")),
            (start + "offset=0\0offset=0\0", .repeatedField("offset")),
            (start + "replay=0\0replay=0\0", .repeatedField("replay")),
            (start + "stdin=0\0stdin=0\0", .repeatedField("stdin")),
            (start + "features=a\0features=a\0", .repeatedField("features")),
        ] as [(String, WireError)])
    func malformedStartsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Started(bytes(payload)) }
    }
}
