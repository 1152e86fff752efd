import PosternWire
import Testing

/// Reads one connection after the other, and holds them against PROTOCOL.md's order of things. What it knows of the
/// session outlives a connection: bytes that are sent again must be the same.
struct Observer {
    private(set) var connection = Connection()
    private var id: SessionID?
    private var hasTerminal = false
    /// What was sent at which offset, however often.
    private var stdin: [UInt64: UInt8] = [:]
    private var output: [UInt64: (kind: FrameKind, byte: UInt8)] = [:]

    struct Connection {
        fileprivate var client = FrameDecoder(from: .client)
        fileprivate var worker = FrameDecoder(from: .worker)
        fileprivate var first: Message?
        fileprivate var started: Started?
        fileprivate var detaching = false
        fileprivate var hungUp = false
        fileprivate var stdin: (offset: UInt64, limit: UInt64, ended: Bool) = (0, 0, false)
        fileprivate var output: (offset: UInt64, limit: UInt64) = (0, 0)
        fileprivate var consumed: (stdin: UInt64, output: UInt64) = (0, 0)
        fileprivate var pings: (client: [[UInt8]], worker: [[UInt8]]) = ([], [])
        fileprivate var sessions = 0
        fileprivate var listEnded = false
        fileprivate(set) var exit: Exit?
        fileprivate(set) var error: ErrorReport?
        fileprivate(set) var detached = false
        fileprivate(set) var bye = false
        fileprivate(set) var overrun = false

        fileprivate var isMirror: Bool {
            if case .attach(let request)? = first { request.readOnly } else { false }
        }
        fileprivate var startsDetached: Bool {
            if case .open(let request)? = first { request.detach } else { false }
        }
        fileprivate var isQuestion: Bool {
            switch first {
            case .list, .order: true
            default: false
            }
        }

        /// How it ended, in the words of the tests' table.
        var end: String {
            if let error { return "error \(error.stage)" }
            if let exit {
                let status =
                    switch exit.status {
                    case .code(let code): "exit \(code)"
                    case .signal(let signal): "signal \(signal)"
                    }
                return exit.cause.map { "\(status) \($0.rawValue)" } ?? status
            }
            if listEnded { return "\(sessions) listed" }
            if detached { return "detached" }
            return bye ? "left" : "nothing"
        }

        /// Whether neither end has begun a frame that it did not finish.
        var isWhole: Bool { client.isBetweenFrames && worker.isBetweenFrames }
    }

    /// The connection is over; what follows is another one.
    mutating func reconnect() { connection = Connection() }

    mutating func see(_ side: Side, _ bytes: [UInt8]) throws {
        var position = 0
        while true {
            let event =
                side == .client
                ? try connection.client.next(in: bytes.span, at: &position)
                : try connection.worker.next(in: bytes.span, at: &position)
            switch event {
            case nil: return
            case .data(.stdin, let range): seeInput(bytes[range])
            case .data(let kind, let range): seeOutput(kind, bytes[range])
            case .control(let kind, let payload):
                let message = try Message(kind, payload)
                side == .client ? seeClient(kind, message) : seeWorker(kind, message)
            }
        }
    }

    // MARK: - Data

    private mutating func seeInput(_ bytes: ArraySlice<UInt8>) {
        #expect(connection.started?.stdin == true && !connection.stdin.ended)
        #expect(connection.error == nil && !connection.detaching)
        for byte in bytes {
            let known = stdin.updateValue(byte, forKey: connection.stdin.offset)
            #expect(known == nil || known == byte, "stdin is sent again as it was")
            connection.stdin.offset += 1
        }
        connection.overrun = connection.overrun || connection.stdin.offset > connection.stdin.limit
    }

    private mutating func seeOutput(_ kind: FrameKind, _ bytes: ArraySlice<UInt8>) {
        #expect(connection.started != nil && connection.error == nil && connection.exit == nil)
        #expect(!connection.hungUp && !connection.detached)
        #expect(kind == .stdout || !hasTerminal, "a terminal's output is all stdout")
        for byte in bytes {
            let known = output.updateValue((kind, byte), forKey: connection.output.offset)
            #expect(known.map { $0 == (kind, byte) } ?? true, "output is sent again as it was")
            connection.output.offset += 1
        }
        #expect(connection.output.offset <= connection.output.limit)
    }

    // MARK: - Control frames

    private mutating func seeClient(_ kind: FrameKind, _ message: Message) {
        let isFirst = [.open, .attach, .list, .order].contains(kind)
        #expect((connection.first == nil) == isFirst, "one first frame, and only one")
        guard !isFirst else {
            connection.first = message
            return
        }
        if connection.isQuestion {
            #expect([.pong, .bye].contains(kind), "a question is not a session")
        } else {
            #expect(connection.started != nil, "nothing follows the first frame before the answer")
        }
        if connection.isMirror { #expect([.window, .ping, .pong, .detach, .bye].contains(kind)) }
        if connection.detaching { #expect(kind == .bye, "nothing but BYE follows DETACH") }
        switch message {
        case .window(let window):
            #expect(window.limit >= connection.output.limit && window.consumed <= connection.output.offset)
            #expect(window.consumed >= connection.consumed.output)
            (connection.output.limit, connection.consumed.output) = (window.limit, window.consumed)
        case .plain(.stdinEOF, _):
            #expect(connection.started?.stdin == true)
            connection.stdin.ended = true
        case .plain(.detach, _): connection.detaching = true
        case .plain(.hangup, _): connection.hungUp = true
        case .plain(.bye, _):
            #expect(
                connection.exit != nil || connection.listEnded || connection.detaching || connection.isMirror
                    || connection.startsDetached)
            connection.bye = true
        case .plain(.ping, let payload): connection.pings.client.append(payload)
        case .plain(.pong, let payload): #expect(connection.pings.worker.removeFirst() == payload)
        default: break
        }
    }

    private mutating func seeWorker(_ kind: FrameKind, _ message: Message) {
        #expect(
            connection.error == nil && !connection.detached, "nothing follows ERROR, or the answer to DETACH")
        if connection.exit != nil { #expect([.ping, .pong].contains(kind)) }
        if connection.isQuestion { #expect([.session, .error, .ping].contains(kind)) }
        switch message {
        case .started(let answer): seeStart(answer)
        case .window(let window):
            #expect(window.limit >= connection.stdin.limit && window.consumed <= connection.stdin.offset)
            #expect(window.consumed >= connection.consumed.stdin)
            (connection.stdin.limit, connection.consumed.stdin) = (window.limit, window.consumed)
        case .gap(let gap):
            #expect(connection.isMirror && gap.offset > connection.output.offset)
            connection.output.offset = gap.offset
        case .session(let info): seeSession(info)
        case .notice(let notice):
            #expect(connection.started != nil)
            if notice.about == "detach" { connection.detaching = false }
        case .exit(let exit): seeExit(exit)
        case .error(let report): connection.error = report
        case .plain(.ping, let payload): connection.pings.worker.append(payload)
        case .plain(.pong, let payload): #expect(connection.pings.client.removeFirst() == payload)
        default: Issue.record("\(kind) is not the worker's")
        }
    }

    private mutating func seeStart(_ answer: Started) {
        #expect(connection.started == nil)
        #expect(id == nil || answer.session == id)
        #expect(answer.offset <= answer.replay, "what is held is old")
        connection.stdin = (answer.consumed, answer.limit, false)
        // What the worker holds the child need not have taken yet.
        connection.consumed = (0, answer.offset)
        connection.output.offset = answer.offset
        switch connection.first {
        case .open(let request):
            #expect(answer.session == request.session && (!answer.stdin || request.stdin))
            hasTerminal = request.terminal != nil
            connection.output.limit = request.limit
        case .attach(let request):
            let asked = SessionID(request.session)
            #expect(asked == nil || asked == answer.session)
            #expect(answer.offset >= request.offset ?? 0 && (!answer.stdin || !request.readOnly))
            connection.output.limit = answer.offset + request.window
        default: Issue.record("STARTED answers OPEN and ATTACH")
        }
        id = answer.session
        connection.started = answer
    }

    private mutating func seeSession(_ info: SessionInfo?) {
        #expect(!connection.listEnded)
        if connection.isQuestion {
            connection.sessions += info == nil ? 0 : 1
            connection.listEnded = info == nil
        } else {
            #expect(connection.detaching && info?.session == id)
            connection.detached = true
        }
    }

    private mutating func seeExit(_ exit: Exit) {
        #expect(connection.started != nil)
        connection.exit = exit
        let isComplete = (0..<connection.output.offset).allSatisfy { output[$0] != nil }
        guard exit.cause == nil, isComplete else { return }
        #expect(exit.stdout + exit.stderr == connection.output.offset)
        #expect(exit.stdout == output.count { $0.value.kind == .stdout })
        if !connection.isMirror { #expect(exit.stdin == connection.stdin.offset) }
    }
}
