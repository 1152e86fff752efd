import PosternWire
import Testing

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

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
        open.linger = 60
        open.detach = true
        open.holdInput = 0
        open.name = bytes("build")
        open.container = bytes("box_1.a-b")
        open.image = bytes("registry.example:5000/alpine@sha256:00")
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

    static let boot = SessionID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)

    static let attach = {
        var attach = AttachRequest(session: bytes(session.text), token: token, window: 262_144)
        attach.connection = 7
        attach.offset = 1000
        attach.boot = boot
        attach.takeOver = true
        attach.claimedOperator = bytes("bob@host")
        return attach
    }()

    static let mirror = AttachRequest(session: bytes("build"), token: nil, window: 65536)

    static let attached = {
        var info = SessionInfo(session: session, state: .attached)
        info.name = bytes("build")
        info.user = bytes("alice")
        info.arguments = [bytes("make"), bytes("-j2"), [], [0xFF]]
        info.pid = 4711
        info.tty = "/dev/pts/3"
        info.started = 1_700_000_000_000_000
        info.idle = 2_500_000
        info.start = 1000
        info.offset = 66536
        info.writer = "vsock:2:4711 bob@host"
        info.since = 1_700_000_001_000_000
        info.mirrors = 2
        (info.stdin, info.stdout) = (14, 66536)
        return info
    }()

    static let ended = {
        var info = SessionInfo(session: session, state: .ended)
        info.arguments = [bytes("true")]
        info.exit = exit
        (info.stdin, info.stdout, info.stderr) = (exit.stdin, exit.stdout, exit.stderr)
        return info
    }()

    static let started = {
        var started = Started(session: session, pid: 4711, tty: "/dev/pts/3", limit: 65536)
        started.features = ["resume", "detach"]
        return started
    }()

    static let startedAgain = {
        var started = Started(session: session, pid: 4711, tty: "/dev/pts/3", limit: 131_072)
        started.features = [Started.resume]
        started.consumed = 65536
        started.offset = 1000
        started.replay = 66536
        started.stdin = true
        started.boot = boot
        return started
    }()
}
