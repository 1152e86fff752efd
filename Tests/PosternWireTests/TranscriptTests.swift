import PosternWire
import Testing

/// Reads both directions of a connection and holds them against PROTOCOL.md's order of things.
private struct Observer {
    var client = FrameDecoder(from: .client)
    var worker = FrameDecoder(from: .worker)
    var request: OpenRequest?
    var asked = false
    var started = false
    var hungUp = false
    var exit: Exit?
    var error: ErrorReport?
    var bye = false
    var stdin: (sent: UInt64, limit: UInt64) = (0, 0)
    var output: (stdout: UInt64, stderr: UInt64, limit: UInt64) = (0, 0, 0)
    var overrun = false
    var pings: [[UInt8]] = []

    mutating func see(_ side: Side, _ bytes: [UInt8]) throws {
        var position = 0
        while true {
            let event =
                side == .client
                ? try client.next(in: bytes.span, at: &position)
                : try worker.next(in: bytes.span, at: &position)
            guard let event else { return }
            switch event {
            case .data(let kind, let range): data(kind, UInt64(range.count))
            case .control(let kind, let payload):
                if side == .client {
                    try seeClient(kind, try Message(kind, payload))
                } else {
                    try seeWorker(kind, try Message(kind, payload))
                }
            }
        }
    }

    private mutating func data(_ kind: FrameKind, _ count: UInt64) {
        #expect(started && error == nil)
        switch kind {
        case .stdin:
            #expect(request?.stdin == true)
            stdin.sent += count
            overrun = overrun || stdin.sent > stdin.limit
        case .stdout: output.stdout += count
        case .stderr:
            #expect(request?.terminal == nil, "a terminal's output is all stdout")
            output.stderr += count
        default: Issue.record("\(kind) is no data")
        }
        if kind != .stdin {
            #expect(exit == nil && !hungUp)
            #expect(output.stdout + output.stderr <= output.limit)
        }
    }

    private mutating func seeClient(_ kind: FrameKind, _ message: Message) throws {
        #expect(asked != [.open, .attach, .list].contains(kind), "one first frame, and only one")
        switch message {
        case .open(let open):
            request = open
            output.limit = open.limit
        case .window(let window):
            #expect(window.limit >= output.limit && window.consumed <= output.stdout + output.stderr)
            output.limit = window.limit
        case .plain(.bye, _):
            #expect(exit != nil)
            bye = true
        case .plain(.hangup, _): hungUp = true
        case .plain(.ping, let payload): pings.append(payload)
        default: break
        }
        if asked { #expect(started, "nothing follows the first frame before the answer") }
        asked = true
    }

    private mutating func seeWorker(_ kind: FrameKind, _ message: Message) throws {
        #expect(error == nil, "ERROR is the last frame")
        if exit != nil { #expect(kind == .ping || kind == .pong) }
        switch message {
        case .started(let answer):
            #expect(asked && !started && answer.session == request?.session)
            started = true
            stdin.limit = answer.limit
        case .window(let window):
            #expect(window.limit >= stdin.limit && window.consumed <= stdin.sent)
            stdin.limit = window.limit
        case .plain(.pong, let payload): #expect(pings.removeFirst() == payload)
        case .exit(let end):
            #expect(started)
            exit = end
        case .error(let report): error = report
        default: #expect(started)
        }
    }
}

@Suite struct TranscriptTests {
    /// How each ends: its exit, its error's stage, or nothing.
    static let ends: [String: String] = [
        "pipes": "exit 3", "terminal": "exit 0", "killed": "signal 15", "unknown-signal": "exit 0",
        "windows": "exit 0", "slow-reader": "exit 0", "hangup": "signal 1 hangup",
        "timeout": "signal 1 timeout",
        "not-found": "error exec", "refused-peer": "error peer", "unknown-field": "error open",
        "unsupported": "error unsupported", "overrun": "error protocol", "reboot": "error reboot",
        "lost": "nothing", "cut-anywhere": "signal 15",
    ]

    @Test(arguments: try GoldenFiles.transcripts()) func aTranscriptKeepsTheRules(
        _ transcript: GoldenFiles.Transcript
    ) throws {
        var observer = Observer()
        var shut: Set<Side> = []
        for line in transcript.lines {
            switch line {
            case .bytes(let side, let bytes):
                #expect(!shut.contains(side), "nothing comes from an end that was shut down")
                // The one request that is meant to be refused.
                if transcript.name == "unknown-field", side == .client {
                    #expect(throws: WireError.unknownField(Array("cpu-limit".utf8))) {
                        try observer.see(side, bytes)
                    }
                } else {
                    try observer.see(side, bytes)
                }
            case .shutdown(let side): shut.insert(side)
            }
        }
        #expect(shut == [.client, .worker])
        #expect(observer.bye == (observer.exit != nil))
        #expect(observer.overrun == (transcript.name == "overrun"))
        var end = "nothing"
        if let exit = observer.exit {
            switch exit.status {
            case .code(let code): end = "exit \(code)"
            case .signal(let signal): end = "signal \(signal)"
            }
            if let cause = exit.cause { end += " \(cause.rawValue)" }
            #expect(exit.stdin == observer.stdin.sent)
            #expect(exit.stdout == observer.output.stdout && exit.stderr == observer.output.stderr)
        }
        if let error = observer.error { end = "error \(error.stage)" }
        #expect(end == Self.ends[transcript.name])
    }

    @Test func everyTranscriptIsThere() throws {
        #expect(Set(try GoldenFiles.transcripts().map(\.name)) == Set(Self.ends.keys))
    }
}
