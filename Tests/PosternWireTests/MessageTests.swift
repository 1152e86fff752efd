import PosternWire
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A refused payload and why.
struct Malformed: Sendable, CustomTestStringConvertible {
    let payload: String
    let error: WireError

    init(_ payload: String, _ error: WireError) {
        self.payload = payload
        self.error = error
    }

    static func bad(_ key: String, _ value: String) -> WireError { .badValue(key, Array(value.utf8)) }
    var testDescription: String { payload.replacing("\0", with: "␀") }
}

enum Example {
    static let session = SessionID(high: 0x0123_4567_89ab_cdef, low: 0x0123_4567_89ab_cdef)
    static let token = SessionID(high: 0xfedc_ba98_7654_3210, low: 0xfedc_ba98_7654_3210)

    static let open = OpenRequest(session: session, token: token, limit: 262_144)

    static let fullOpen = {
        var open = Self.open
        open.connection = 2
        open.arguments = [bytes("sh"), bytes("-c"), bytes("echo \"$A\""), [], [0xFF, 0x01]]
        open.environment = [bytes("A=1"), bytes("B="), bytes("C=x=y")]
        open.workingDirectory = bytes("~/work")
        open.makeDirectory = true
        open.user = bytes("alice")
        open.group = bytes("100")
        open.terminal = OpenRequest.Terminal(
            type: bytes("xterm-256color"),
            size: TerminalSize(rows: 50, columns: 132, pixelWidth: 1320, pixelHeight: 1000))
        open.stdin = true
        open.resourceLimits = [
            .init(resource: "nofile", soft: 1024, hard: 4096),
            .init(resource: "core", soft: 0, hard: OpenRequest.ResourceLimit.unlimited),
        ]
        open.oomScoreAdjust = -500
        open.timeout = 3600
        open.idle = 600
        open.holdInput = 0
        open.name = bytes("build")
        open.claimedOperator = bytes("bob@host")
        open.claimedReason = bytes("INC-7: disk is full")
        return open
    }()

    static let exit = {
        var exit = Exit(status: .signal(9))
        exit.coreDumped = true
        exit.outOfMemory = true
        exit.cause = .timeout
        exit.wallTime = 1_500_000
        exit.cpuTime = 250_000
        exit.peakMemory = 1_048_576
        exit.stdin = 5
        exit.stdout = 20
        exit.stderr = 3
        return exit
    }()

    static let started = {
        var started = Started(session: session, pid: 4711, tty: "/dev/pts/3", limit: 65536)
        started.features = ["resume", "detach"]
        return started
    }()
}

@Suite struct OpenRequestTests {
    private static let minimal =
        "version=1\0session=0123456789abcdef0123456789abcdef\0token=fedcba9876543210fedcba9876543210\0limit=0\0"

    @Test func theSmallestRequestComesBack() throws {
        #expect(try OpenRequest(Example.open.encode()) == Example.open)
        let read = try OpenRequest(bytes(Self.minimal))
        #expect(read.connection == 1)
        #expect(read.terminal == nil)
        #expect(!read.stdin)
    }

    @Test func aRequestWithEverythingComesBack() throws {
        #expect(try OpenRequest(Example.fullOpen.encode()) == Example.fullOpen)
    }

    @Test func fieldsMayComeInAnyOrder() throws {
        let fields = Example.open.encode().split(separator: 0).reversed()
        #expect(try OpenRequest(fields.flatMap { Array($0) + [0] }) == Example.open)
    }

    @Test func wishesAreKnownFields() throws {
        for wish in OpenRequest.wishes {
            _ = try OpenRequest(bytes(Self.minimal + "\(wish)=x\0"))
        }
    }

    static let malformed: [Malformed] =
        [
            Malformed("", .missingField("version")),
            Malformed("session=x\0", Malformed.bad("session", "x")),
            Malformed("version=2\0", Malformed.bad("version", "2")),
            Malformed("version=\0", Malformed.bad("version", "")),
        ]
        + ["version", "session", "token", "limit"].map { key in
            Malformed(
                minimal.split(separator: "\0").filter { !$0.hasPrefix("\(key)=") }.map { $0 + "\0" }.joined(),
                .missingField(key))
        }
        + [
            ("shell", "x"), ("Arg", "x"),
        ].map { key, value in
            Malformed(
                minimal + "\(key)=\(value)\0", key == "Arg" ? .malformedFields : .unknownField(bytes(key)))
        }
        + [
            "version=1", "session=0123456789abcdef0123456789abcdef", "token=fedcba9876543210fedcba9876543210",
            "limit=1", "connection=1", "cwd=/", "mkdir=1", "user=a", "group=a", "tty=1", "term=a", "stdin=1",
            "oom-score-adj=1", "timeout=1", "idle=1", "hold-input=1", "name=a", "operator=a", "reason=a",
            "rows=1", "columns=1", "x-pixels=1", "y-pixels=1",
        ].map { field in
            Malformed(
                "\(field)\0\(field)\0", .repeatedField(String(field.prefix { $0 != "=" })))
        }
        + [
            ("connection", "0"), ("connection", "-1"), ("connection", "18446744073709551616"),
            ("env", "NAME"),
            ("env", "=value"), ("env", ""), ("cwd", ""), ("mkdir", "yes"), ("user", ""), ("group", ""),
            ("tty", "2"), ("term", ""), ("stdin", ""), ("rlimit", ""), ("rlimit", "nofile"),
            ("rlimit", "nofile="), ("rlimit", "=1"), ("rlimit", "nofile=1:"), ("rlimit", "nofile=:1"),
            ("rlimit", "nofile=1:2:3"), ("rlimit", "nofile=-1"), ("rlimit", "nofile=1k"),
            ("rlimit", "rlimit_=1"), ("rlimit", "rlimit_rlimit_nofile=1"), ("rlimit", "no file=1"),
            ("rlimit", "ofïle=1"), ("rlimit", "nofile=99999999999999999999"), ("oom-score-adj", "1001"),
            ("oom-score-adj", "-1001"), ("oom-score-adj", ""), ("timeout", "0"), ("timeout", "3155760001"),
            ("idle", "0"), ("hold-input", "3601"), ("name", ""), ("operator", ""), ("reason", ""),
            ("rows", "65536"), ("columns", "-1"), ("x-pixels", "65536"), ("y-pixels", "x"),
        ].map { key, value in Malformed(minimal + "\(key)=\(value)\0", Malformed.bad(key, value)) }
        + [
            Malformed(minimal + "mkdir=1\0", .missingField("cwd")),
            Malformed(minimal + "term=xterm\0", .missingField("tty")),
            Malformed(minimal + "rows=1\0columns=1\0", .missingField("tty")),
            Malformed(minimal + "tty=0\0term=xterm\0", .missingField("tty")),
            Malformed(minimal + "tty=1\0rows=1\0", .missingField("columns")),
            Malformed(minimal + "tty=1\0columns=1\0", .missingField("rows")),
            Malformed(minimal + "tty=1\0x-pixels=1\0", .missingField("rows")),
        ]

    @Test(arguments: malformed) func whatIsWrongIsNamed(_ case: Malformed) {
        #expect(throws: `case`.error) { try OpenRequest(bytes(`case`.payload)) }
    }

    @Test(arguments: [
        ("nofile=1024:4096", "nofile=1024:4096"), ("nofile=1024", "nofile=1024:1024"),
        ("RLIMIT_NOFILE=1:2", "nofile=1:2"), ("Core=unlimited", "core=unlimited:unlimited"),
        ("core=0:infinity", "core=0:unlimited"), ("nofile=2:1", "nofile=2:1"), ("nosuch=1", "nosuch=1:1"),
    ])
    func resourceLimitsAreReadInEverySpelling(_ text: String, _ normal: String) throws {
        let limit = try #require(OpenRequest.ResourceLimit(bytes(text)))
        #expect(limit.description == normal)
        #expect(OpenRequest.ResourceLimit(bytes(normal)) == limit)
    }

    @Test func thousandsOfArgumentsFit() throws {
        var open = Example.open
        open.arguments = (0..<50_000).map { bytes("argument \($0)") }
        #expect(try OpenRequest(open.encode()).arguments.count == 50_000)
    }
}

@Suite struct MessageTests {
    @Test func sizesComeBack() throws {
        for size in [
            TerminalSize(rows: 24, columns: 80), TerminalSize(rows: 0, columns: 0),
            TerminalSize(rows: 65535, columns: 65535, pixelWidth: 65535, pixelHeight: 1),
        ] {
            #expect(try TerminalSize(size.encode()) == size)
        }
    }

    @Test(arguments: SignalRequest.Scope.allCases) func signalsComeBack(_ scope: SignalRequest.Scope) throws {
        for name in ["TERM", "SIGTERM", "15", "RTMIN+3", "nonsense"] {
            let request = SignalRequest(signal: bytes(name), scope: scope)
            #expect(try SignalRequest(request.encode()) == request)
        }
    }

    @Test func aSignalIsForTheGroupUnlessSaid() throws {
        #expect(try SignalRequest(bytes("signal=INT\0")).scope == .group)
    }

    @Test func windowsComeBack() throws {
        for window in [
            WindowUpdate(consumed: 0, limit: 0), WindowUpdate(consumed: 1, limit: .max),
            WindowUpdate(consumed: .max, limit: .max),
        ] {
            #expect(try WindowUpdate(window.encode()) == window)
        }
    }

    @Test func startsComeBack() throws {
        #expect(try Started(Example.started.encode()) == Example.started)
        let bare = Started(session: Example.session, pid: 1, tty: nil, limit: 0)
        #expect(try Started(bare.encode()) == bare)
    }

    @Test func exitsComeBack() throws {
        #expect(try Exit(Example.exit.encode()) == Example.exit)
        for code in UInt8.min...UInt8.max {
            let exit = Exit(status: .code(code))
            #expect(try Exit(exit.encode()) == exit)
        }
        for cause in Exit.Cause.allCases {
            var exit = Exit(status: .signal(64))
            exit.cause = cause
            #expect(try Exit(exit.encode()) == exit)
        }
    }

    @Test(arguments: ErrorReport.Stage.allCases) func errorsComeBack(_ stage: ErrorReport.Stage) throws {
        let report = ErrorReport(stage: stage, errno: "ENOENT", field: "arg", text: "größer gedacht")
        #expect(try ErrorReport(report.encode()) == report)
        let bare = ErrorReport(stage: stage, text: "")
        #expect(try ErrorReport(bare.encode()) == bare)
    }

    @Test func anErrorOfALaterVersionWithAnUnknownStageIsReadable() throws {
        let report = try ErrorReport(bytes("version=9\0stage=quota\0text=no\0"))
        #expect(report.stage == "quota")
        #expect(ErrorReport.Stage(rawValue: report.stage) == nil)
    }

    @Test func noticesComeBack() throws {
        let notice = Notice(about: "signal", text: "unknown signal 'FOO'")
        #expect(try Notice(notice.encode()) == notice)
    }

    @Test func aHostileWorkersTextIsHarmlessOnceRead() throws {
        let escape = "\u{1b}]52;c;x\u{7}"
        let report = try ErrorReport(
            bytes("stage=\(escape)\0errno=\(escape)\0field=\(escape)\0text=\(escape)\0"))
        let notice = try Notice(bytes("about=\(escape)\0text=\(escape)\0"))
        let started = try Started(
            bytes("version=1\0session=\(Example.session.text)\0pid=1\0limit=0\0tty=\(escape)\0"))
        for text in [
            report.stage, report.errno, report.field, report.text, notice.about, notice.text, started.tty,
        ] {
            #expect(text == "\\x1b]52;c;x\\x07")
        }
    }

    private static let start = "version=1\0session=0123456789abcdef0123456789abcdef\0pid=1\0limit=0\0"

    @Test(
        arguments: [
            ("", .missingField("rows")), ("rows=1\0", .missingField("columns")),
            ("columns=1\0", .missingField("rows")), ("rows=1\0rows=1\0columns=1\0", .repeatedField("rows")),
            ("rows=65536\0columns=1\0", Malformed.bad("rows", "65536")),
            ("rows=1\0columns=\0", Malformed.bad("columns", "")),
            ("rows=1\0columns=1\0depth=8\0", .unknownField(bytes("depth"))), ("rows", .malformedFields),
        ] as [(String, WireError)])
    func malformedSizesAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try TerminalSize(bytes(payload)) }
    }

    @Test(
        arguments: [
            ("", .missingField("signal")), ("scope=all\0", .missingField("signal")),
            ("signal=\0", Malformed.bad("signal", "")), ("signal=INT\0scope=\0", Malformed.bad("scope", "")),
            ("signal=INT\0scope=ALL\0", Malformed.bad("scope", "ALL")),
            ("signal=INT\0signal=INT\0", .repeatedField("signal")),
            ("signal=INT\0scope=all\0scope=all\0", .repeatedField("scope")),
            ("signal=INT\0pid=1\0", .unknownField(bytes("pid"))), ("signal=INT", .malformedFields),
        ] as [(String, WireError)])
    func malformedSignalsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try SignalRequest(bytes(payload)) }
    }

    @Test(
        arguments: [
            ("", .missingField("consumed")), ("consumed=1\0", .missingField("limit")),
            ("limit=1\0", .missingField("consumed")), ("consumed=2\0limit=1\0", Malformed.bad("limit", "1")),
            ("consumed=-1\0limit=1\0", Malformed.bad("consumed", "-1")),
            ("consumed=1\0consumed=1\0limit=1\0", .repeatedField("consumed")),
            ("consumed=1\0limit=18446744073709551616\0", Malformed.bad("limit", "18446744073709551616")),
            ("consumed=1\0limit=1\0offset=1\0", .unknownField(bytes("offset"))),
        ] as [(String, WireError)])
    func malformedWindowsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try WindowUpdate(bytes(payload)) }
    }

    @Test(
        arguments: [
            ("", .missingField("version")), ("version=1\0", .missingField("session")),
            ("version=1\0session=0123456789abcdef0123456789abcdef\0", .missingField("pid")),
            ("version=1\0session=0123456789abcdef0123456789abcdef\0pid=1\0", .missingField("limit")),
            ("version=2\0", Malformed.bad("version", "2")), (start + "pid=2\0", .repeatedField("pid")),
            (start + "consumed=0\0", .unknownField(bytes("consumed"))),
            (start + "features=a\0features=a\0", .repeatedField("features")),
        ] as [(String, WireError)])
    func malformedStartsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Started(bytes(payload)) }
    }

    @Test(
        arguments: [
            ("", .missingField("code")), ("code=256\0", Malformed.bad("code", "256")),
            ("code=-1\0", Malformed.bad("code", "-1")), ("signal=0\0", Malformed.bad("signal", "0")),
            ("signal=65\0", Malformed.bad("signal", "65")), ("code=0\0signal=9\0", .repeatedField("signal")),
            ("code=0\0code=0\0", .repeatedField("code")), ("code=0\0oom=yes\0", Malformed.bad("oom", "yes")),
            ("code=0\0cause=boredom\0", Malformed.bad("cause", "boredom")),
            ("code=0\0stdout=x\0", Malformed.bad("stdout", "x")),
            ("code=0\0mood=1\0", .unknownField(bytes("mood"))),
        ] as [(String, WireError)])
    func malformedExitsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Exit(bytes(payload)) }
    }

    @Test(
        arguments: [
            ("", .missingField("stage")), ("stage=exec\0", .missingField("text")),
            ("text=no\0", .missingField("stage")), ("stage=exec\0text=a\0text=b\0", .repeatedField("text")),
            ("version=x\0stage=exec\0text=a\0", Malformed.bad("version", "x")),
            ("stage=exec\0text=a\0hint=b\0", .unknownField(bytes("hint"))),
        ] as [(String, WireError)])
    func malformedErrorsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try ErrorReport(bytes(payload)) }
    }

    @Test(
        arguments: [
            ("", .missingField("about")), ("about=signal\0", .missingField("text")),
            ("text=x\0", .missingField("about")), ("about=a\0about=b\0text=c\0", .repeatedField("about")),
            ("about=a\0text=b\0stage=c\0", .unknownField(bytes("stage"))),
        ] as [(String, WireError)])
    func malformedNoticesAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Notice(bytes(payload)) }
    }

    @Test func everyErrorSaysWhatIsWrongInOneHarmlessLine() {
        let hostile = bytes("\u{1b}[2J\n")
        let errors: [WireError] = [
            .unknownFrame(0), .unexpectedFrame(.exit), .badLength(.open, 0), .malformedFields,
            .unknownField(hostile), .missingField("arg"), .repeatedField("arg"), .badValue("arg", hostile),
            .windowOverrun,
        ]
        for error in errors {
            #expect(!error.description.isEmpty)
            #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
    }
}
