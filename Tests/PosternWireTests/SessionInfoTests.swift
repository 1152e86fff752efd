import PosternWire
import Testing

@Suite struct SessionInfoTests {
    private static let away = "session=0123456789abcdef0123456789abcdef\0state=away\0"

    @Test func sessionsComeBack() throws {
        #expect(try SessionInfo(Example.attached.encode()) == Example.attached)
        #expect(try SessionInfo(Example.ended.encode()) == Example.ended)
        for state in SessionInfo.State.allCases {
            let bare = SessionInfo(session: Example.session, state: state)
            #expect(try SessionInfo(bare.encode()) == bare)
        }
    }

    @Test func onlyAnEndedSessionHasAnExit() throws {
        let alive = try SessionInfo(bytes(Self.away + "stdin=1\0stdout=2\0stderr=3\0"))
        #expect(alive.exit == nil)
        #expect((alive.stdin, alive.stdout, alive.stderr) == (1, 2, 3))
        let ended = try SessionInfo(bytes(Self.away + "code=3\0stdin=1\0stdout=2\0stderr=3\0"))
        #expect(ended.exit?.status == .code(3))
        #expect(ended.exit?.stdout == 2 && ended.stdout == 2)
    }

    @Test func aLongCommandIsCutSoThatTheFrameFits() throws {
        let commands: [[[UInt8]]] = [
            [[UInt8](repeating: 0x61, count: 1 << 20)], [[UInt8]](repeating: [], count: 50_000),
            [[UInt8]](repeating: [0x61], count: 50_000),
            [bytes("sh"), [UInt8](repeating: 0x61, count: 2000)],
        ]
        for command in commands {
            var info = Example.attached
            info.exit = Example.exit
            info.name = [UInt8](repeating: 0x6E, count: 64)
            info.user = [UInt8](repeating: 0x75, count: 255)
            info.writer = String(repeating: "ö", count: 50_000)
            info.arguments = command
            let payload = info.encode()
            #expect(FrameKind.session.lengths.contains(payload.count))
            let shown = try SessionInfo(payload).arguments
            #expect(shown.count <= command.count && !shown.isEmpty)
            #expect(zip(shown, command).allSatisfy { $1.starts(with: $0) })
            #expect(shown.map(\.count).reduce(0, +) <= SessionInfo.longestCommand)
        }
    }

    @Test(
        arguments: [
            ("", .missingField("session")), ("state=away\0", .missingField("session")),
            ("session=0123456789abcdef0123456789abcdef\0", .missingField("state")),
            ("session=build\0", Malformed.bad("session", "build")),
            ("state=asleep\0", Malformed.bad("state", "asleep")), ("state=\0", Malformed.bad("state", "")),
            (away + "name=\0", Malformed.bad("name", "")), (away + "user=\0", Malformed.bad("user", "")),
            (away + "pid=x\0", Malformed.bad("pid", "x")),
            (away + "start=-1\0", Malformed.bad("start", "-1")),
            (away + "signal=65\0", Malformed.bad("signal", "65")),
            (away + "core=1\0", .missingField("code")), (away + "oom=0\0", .missingField("code")),
            (away + "cause=lost\0", .missingField("code")), (away + "wall-usec=1\0", .missingField("code")),
            (away + "cpu-usec=1\0", .missingField("code")),
            (away + "memory-peak=1\0", .missingField("code")),
            (away + "code=0\0signal=9\0", .repeatedField("signal")),
            (away + "token=1\0", .unknownField(bytes("token"))), (away + "code=0", .malformedFields),
        ] as [(String, WireError)])
    func malformedSessionsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try SessionInfo(bytes(payload)) }
    }

    @Test(arguments: [
        "session=0123456789abcdef0123456789abcdef", "state=away", "name=a", "user=a", "pid=1", "tty=a",
        "started-usec=1", "idle-usec=1", "start=1", "offset=1", "writer=a", "since-usec=1", "mirrors=1",
        "stdin=1", "stdout=1", "stderr=1", "code=1",
    ])
    func aFieldMayStandOnce(_ field: String) {
        #expect(throws: WireError.repeatedField(String(field.prefix { $0 != "=" }))) {
            try SessionInfo(bytes("\(field)\0\(field)\0"))
        }
    }
}

@Suite struct GapTests {
    @Test func gapsComeBack() throws {
        for gap in [Gap(offset: 0), Gap(offset: .max)] { #expect(try Gap(gap.encode()) == gap) }
    }

    @Test(
        arguments: [
            ("", .missingField("offset")), ("offset=\0", Malformed.bad("offset", "")),
            ("offset=18446744073709551616\0", Malformed.bad("offset", "18446744073709551616")),
            ("offset=1\0offset=1\0", .repeatedField("offset")),
            ("offset=1\0length=1\0", .unknownField(bytes("length"))), ("offset", .malformedFields),
        ] as [(String, WireError)])
    func malformedGapsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Gap(bytes(payload)) }
    }
}
