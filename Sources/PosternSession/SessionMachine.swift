package import PosternSys
package import PosternWire

/// Decides what happens in a session: facts in, actions out. It makes no system call and sees none of the
/// session's bytes, only how many there were; the loop does the rest.
///
/// A session's life:
///
///     running ──child exits──► draining ──output sent──► flushing ──BYE──► closed
///        │                        ▲
///        └─HANGUP, lost, limit──► ending: HUP, CONT … grace … KILL
///
/// Times are loop time in nanoseconds (see `LoopClock`).
package struct SessionMachine {
    package enum Event {
        case stdin(Int)
        case control(FrameKind, [UInt8])
        case malformed(WireError)
        /// The socket ended or failed.
        case connectionLost
        /// The child took, or will never take, this many bytes of stdin.
        case stdinConsumed(Int)
        case outputRead(Int)
        case childExited
        /// All output the child left behind is in the outbox.
        case outputDrained
        /// The outbox is empty.
        case flushed
        /// systemd wants the worker to end.
        case terminate(ErrorReport.Stage)
        case tick
    }

    package enum Action: Equatable {
        case resize(TerminalSize)
        case signal(Signal, SignalRequest.Scope)
        /// No more stdin will come: half-close it once what is queued was written.
        case endStdin
        case send(FrameKind, [UInt8])
        /// HUP, then CONT, to every process of the session.
        case hangUpSession
        case killSession
        /// Nobody will read the output any more: read it, so that the child can end, and drop it.
        case discardOutput
        case sendExit(Exit.Cause?)
        case audit(Audit.Event)
        /// Shut the connection down and end the worker.
        case close
    }

    private enum Phase: Equatable { case running, draining, flushing, closed }
    private enum Client: Equatable {
        /// It reads and may ask for things.
        case present
        /// It was told the end (EXIT or ERROR), or said HANGUP: nothing it sends matters but BYE.
        case dismissed
        case gone
    }

    private var phase = Phase.running
    private var client = Client.present
    package private(set) var cause: Exit.Cause?
    /// Set once the session has been hung up: when what is left of it is killed.
    private var killAt: UInt64?
    private var wasToldError = false
    private var isEnding = false
    /// Nobody waits for the output for longer than this, once the client was dismissed.
    private var dismissedUntil: UInt64?

    private let grace: UInt64
    private let timeoutAt: UInt64?
    private let idle: UInt64?
    private var lastActivity: UInt64
    private var lastHeard: UInt64
    private var lastPing: UInt64

    private var stdin: StdinWindow
    private var stdinEnded: Bool
    private var output: OutputWindow

    /// How long a client that was told the end may take to read it; its heartbeat replaces this after EXIT.
    static let farewell: UInt64 = 2_000_000_000
    /// Once the child has ended, a client may be busy writing for as long as it lives. It is asked this often …
    static let heartbeat: UInt64 = 15_000_000_000
    /// … and counts as dead after this long without a word.
    static let silence: UInt64 = 45_000_000_000

    package init(
        request: OpenRequest, stdinWindow: Int, grace: UInt64, timeout: UInt64?, idle: UInt64?, now: UInt64
    ) {
        self.grace = grace
        self.idle = idle
        timeoutAt = timeout.map { now + $0 }
        stdin = StdinWindow(size: stdinWindow)
        output = OutputWindow(limit: request.limit)
        stdinEnded = !request.stdin
        lastActivity = now
        lastHeard = now
        lastPing = now
    }

    /// How many bytes of output the client's window has room for.
    package var outputRoom: Int { output.room }
    package var isClosed: Bool { phase == .closed }
    package var childHasExited: Bool { phase != .running }
    package var acceptsInput: Bool { client == .present && phase == .running && !stdinEnded }
    /// Whether what arrives on the socket still has to be looked at.
    package var isListening: Bool { client != .gone && phase != .closed }

    /// When the machine wants a tick at the latest.
    package var deadline: UInt64? {
        var time = earliest(killAt, dismissedUntil)
        if phase == .running, !isEnding {
            time = earliest(time, timeoutAt)
            if let idle { time = earliest(time, lastActivity + idle) }
        }
        if phase != .running, client == .present {
            time = earliest(time, min(lastPing + Self.heartbeat, lastHeard + Self.silence))
        }
        return time
    }

    package mutating func handle(_ event: Event, now: UInt64) -> [Action] {
        switch event {
        case .stdin(let count):
            return takeStdin(count, now)
        case .control(let kind, let payload):
            lastHeard = now
            do throws(WireError) {
                return try take(kind, payload, now)
            } catch {
                return refuse(error, now)
            }
        case .malformed(let error):
            return refuse(error, now)
        case .connectionLost:
            return lose(now)
        case .stdinConsumed(let count):
            stdin.consume(count)
            lastActivity = now
            return growWindow()
        case .outputRead(let count):
            output.read(count)
            lastActivity = now
            return []
        case .childExited:
            phase = .draining
            // From here on the client is asked whether it lives: nothing else would tell.
            lastHeard = now
            lastPing = now
            killAt = nil
            // Whoever ended the session ends all of it; after a normal exit systemd takes what is left.
            return isEnding ? [.killSession] : []
        case .outputDrained:
            guard phase == .draining else { return [] }
            phase = .flushing
            if dismissedUntil != nil { dismissedUntil = now + Self.farewell }
            guard client != .gone, !wasToldError else { return [] }
            return [.sendExit(cause)]
        case .flushed:
            guard phase == .flushing, client != .present else { return [] }
            return client == .gone ? close() : []
        case .terminate(let stage):
            return stop(stage, now)
        case .tick:
            return tick(now)
        }
    }

    // MARK: - What the client sends

    private mutating func takeStdin(_ count: Int, _ now: UInt64) -> [Action] {
        lastHeard = now
        // What crossed the end on its way is nobody's any more.
        guard client == .present, phase != .flushing else { return [] }
        guard !stdinEnded else { return refuse(.unexpectedFrame(.stdin), now) }
        do throws(WireError) { try stdin.receive(count) } catch { return refuse(error, now) }
        lastActivity = now
        return []
    }

    private mutating func take(
        _ kind: FrameKind, _ payload: [UInt8], _ now: UInt64
    ) throws(WireError) -> [Action] {
        if client != .present {
            // Frames that crossed the end on their way.
            return kind == .bye ? close() : []
        }
        switch kind {
        case .stdinEOF:
            if stdinEnded { return [] }
            stdinEnded = true
            return [.endStdin]
        case .resize:
            let size = try TerminalSize(payload)
            return phase == .running ? [.resize(size)] : []
        case .signal:
            let request = try SignalRequest(payload)
            guard phase == .running else { return [] }
            guard let signal = Signal(request.signal) else {
                let text = "unknown signal '\(Text.printable(request.signal, limit: 64))': nothing was sent"
                return [.send(.notice, Notice(about: "signal", text: text).encode())]
            }
            return [.signal(signal, request.scope), .audit(.signal(signal, request.scope))]
        case .window:
            try output.take(try WindowUpdate(payload))
            return []
        case .ping:
            return [.send(.pong, payload)]
        case .pong:
            return []
        case .hangup:
            client = .dismissed
            dismissedUntil = now + Self.farewell + grace
            cause = cause ?? .hangup
            return [.audit(.hangup), .discardOutput] + end(now)
        case .detach:
            return [
                .send(.notice, Notice(about: "detach", text: "this worker cannot detach sessions").encode())
            ]
        case .bye:
            // BYE before EXIT means nothing; after it, the client has all there was.
            guard phase == .flushing else { throw .unexpectedFrame(kind) }
            return close()
        case .open, .attach, .list, .stdin, .started, .stdout, .stderr, .exit, .error, .notice:
            throw .unexpectedFrame(kind)
        }
    }

    private mutating func growWindow() -> [Action] {
        guard client == .present, !stdinEnded, phase == .running, let update = stdin.grant() else {
            return []
        }
        return [.send(.window, update.encode())]
    }

    // MARK: - Ends

    /// Hangs the whole session up, once; `killAt` later it is killed.
    private mutating func end(_ now: UInt64) -> [Action] {
        guard !isEnding else { return [] }
        isEnding = true
        // A child that has exited is drained and sent as ever; what it left behind is not waited for. Once it
        // is reaped its ids are somebody else's, and what is left is systemd's.
        guard phase == .running else { return phase == .draining ? [.killSession] : [] }
        killAt = now + grace
        return [.hangUpSession]
    }

    /// Tells a client that is still there why its session ends without EXIT.
    private mutating func dismiss(_ report: ErrorReport, _ now: UInt64) -> [Action] {
        guard client == .present else { return [] }
        client = .dismissed
        wasToldError = true
        dismissedUntil = now + Self.farewell + grace
        return [.discardOutput, .send(.error, report.encode())]
    }

    private mutating func refuse(_ error: WireError, _ now: UInt64) -> [Action] {
        // EXIT was the last word.
        guard client == .present, phase != .flushing else { return lose(now) }
        let report = ErrorReport(stage: .protocol, field: error.field, text: error.description)
        return [.audit(.protocolError(error))] + dismiss(report, now) + end(now)
    }

    private mutating func lose(_ now: UInt64) -> [Action] {
        guard client != .gone else { return [] }
        let wasPresent = client == .present
        client = .gone
        if phase == .flushing { return (wasPresent ? [.audit(.lost)] : []) + close() }
        return (wasPresent ? [.audit(.lost), .discardOutput] : []) + end(now)
    }

    private mutating func stop(_ stage: ErrorReport.Stage, _ now: UInt64) -> [Action] {
        let text =
            switch stage {
            case .reboot: "the guest is rebooting"
            case .shutdown: "the guest is shutting down"
            default: "the session's unit was stopped in the guest"
            }
        // Once EXIT is out the client has what it came for: only its BYE is not waited for any longer.
        if phase == .flushing { return close() }
        return [.audit(.stopped(stage))] + dismiss(ErrorReport(stage: stage, text: text), now) + end(now)
    }

    private mutating func close() -> [Action] {
        guard phase == .flushing else {
            client = .gone
            return []
        }
        phase = .closed
        return [.close]
    }

    private mutating func tick(_ now: UInt64) -> [Action] {
        var actions: [Action] = []
        if phase == .running, !isEnding {
            if let timeoutAt, now >= timeoutAt {
                actions += limit(.timeout, now)
            } else if let idle, now >= lastActivity + idle {
                actions += limit(.idle, now)
            }
        }
        if let time = killAt, now >= time {
            killAt = nil
            actions.append(.killSession)
        }
        if let time = dismissedUntil, now >= time {
            dismissedUntil = nil
            client = .gone
            if phase == .flushing { actions += close() }
        }
        if phase != .running, client == .present {
            if now >= lastHeard + Self.silence {
                actions += lose(now)
            } else if now >= lastPing + Self.heartbeat {
                lastPing = now
                actions.append(.send(.ping, []))
            }
        }
        return actions
    }

    private mutating func limit(_ cause: Exit.Cause, _ now: UInt64) -> [Action] {
        self.cause = cause
        return [.audit(.limit(cause))] + end(now)
    }
}
