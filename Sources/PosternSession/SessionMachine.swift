package import PosternSys
package import PosternWire

/// Decides what happens in a session: facts in, actions out. It makes no system call and sees none of the
/// session's bytes, only how many there were; the loop does the rest.
///
/// A session's life:
///
///     running ──child exits──► draining ──reaped──► flushing ──BYE──► closed
///        │                        ▲
///        └─HANGUP, lost, limit──► ending: HUP, CONT … grace … KILL
///
/// and, independently, its writer's:
///
///     present ──lost, lingering──► away ──ATTACH──► present        away ──time is up──► gone
///     present ──DETACH──► detached ──ATTACH──► present             present ──lost──► gone
///
/// Times are loop time in nanoseconds (see `LoopClock`).
package struct SessionMachine {
    package enum Event {
        case stdin(Int)
        case control(FrameKind, [UInt8])
        case malformed(WireError)
        /// The writer's socket ended or failed.
        case connectionLost
        /// The child took, or will never take, this many bytes of stdin.
        case stdinConsumed(Int)
        case outputRead(Int)
        /// Up to this offset output has left for the writer.
        case outputSent(UInt64)
        case childExited
        /// The child is reaped, and all the output it left behind is in the log.
        case reaped
        /// A writer was let in, and goes on at this offset with a window of that size.
        case attached(offset: UInt64, window: UInt64)
        /// Somebody wants the session ended and forgotten.
        case removed
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
        /// The writer leaves in good order: say so on its connection, and end that.
        case detach
        /// The writer's connection is of no use any more.
        case disconnect
        case audit(Audit.Event)
        /// End the worker. `keep`: what the session was, and output nobody had, stay on record.
        case close(keep: Bool)
    }

    enum Phase: Equatable { case running, draining, flushing, closed }
    enum Client: Equatable {
        /// It reads and may ask for things.
        case present
        /// It was told the end (ERROR), or said HANGUP: nothing it sends matters but BYE.
        case dismissed
        /// Its connection was lost, and it may come back until then.
        case away(until: UInt64)
        case detached
        case gone
    }

    var phase = Phase.running
    var client = Client.present
    package internal(set) var cause: Exit.Cause?
    /// Set once the session has been hung up: when what is left of it is killed.
    var killAt: UInt64?
    var wasToldError = false
    var isEnding = false
    /// Nobody will ask for the result: it was taken, or given up.
    var isForgotten = false
    /// Nobody waits for the output for longer than this, once the client was dismissed.
    var dismissedUntil: UInt64?
    /// The session was without a client by somebody's wish, and outlives any connection.
    var isPersistent: Bool

    let grace: UInt64
    let linger: UInt64
    let mayDetach: Bool
    private let timeoutAt: UInt64?
    private let idle: UInt64?
    private(set) var lastActivity: UInt64
    var lastHeard: UInt64
    private var lastPing: UInt64

    var stdin: StdinWindow
    var stdinEnded: Bool
    var output: OutputWindow
    private(set) var sent: UInt64 = 0

    /// How long a client that was told the end may take to read it; its heartbeat replaces this after EXIT.
    static let farewell: UInt64 = 2_000_000_000
    /// A client that says nothing for so long is asked whether it lives …
    static let heartbeat: UInt64 = 15_000_000_000
    /// … and counts as dead after this long without a word.
    static let silence: UInt64 = 45_000_000_000

    package init(
        request: OpenRequest, stdinWindow: Int, grace: UInt64, timeout: UInt64?, idle: UInt64?,
        mayDetach: Bool, now: UInt64
    ) {
        self.grace = grace
        self.idle = idle
        self.mayDetach = mayDetach
        linger = (request.linger ?? 0) * 1_000_000_000
        timeoutAt = timeout.map { now + $0 }
        stdin = StdinWindow(size: stdinWindow)
        output = OutputWindow(offset: 0, size: request.limit)
        stdinEnded = !request.stdin
        isPersistent = request.detach
        if request.detach { client = .detached }
        lastActivity = now
        lastHeard = now
        lastPing = now
    }

    package var isClosed: Bool { phase == .closed }
    package var childHasExited: Bool { phase != .running }
    package var acceptsInput: Bool { client == .present && phase == .running && !stdinEnded }
    /// Whether what arrives from the writer still has to be looked at.
    package var isListening: Bool { (client == .present || client == .dismissed) && phase != .closed }
    /// Up to which offset the writer may be sent output.
    package var outputLimit: UInt64 { client == .present ? output.limit : 0 }
    /// Whether the writer, when it has all output, is to get EXIT.
    package var owesExit: Bool { phase == .flushing && isListening && !wasToldError }
    /// Whether the session outlives its connection.
    var isResumable: Bool { linger > 0 || isPersistent }

    /// The output from here on must not be dropped: somebody will want it. Nil: the oldest may go.
    package var floor: UInt64? {
        switch client {
        // Where nobody can come back, what was sent is out of our hands.
        case .present: isResumable ? output.consumed : sent
        case .away: output.consumed
        case .detached, .dismissed, .gone: nil
        }
    }

    /// When the machine wants a tick at the latest.
    package var deadline: UInt64? {
        var time = earliest(killAt, dismissedUntil)
        if phase == .running, !isEnding {
            time = earliest(time, timeoutAt)
            if let idle { time = earliest(time, lastActivity + idle) }
        }
        if case .away(let until) = client { time = earliest(time, until) }
        if asksWhetherItLives {
            time = earliest(time, min(max(lastPing, lastHeard) + Self.heartbeat, lastHeard + Self.silence))
        }
        return time
    }

    private var asksWhetherItLives: Bool { client == .present && (isResumable || phase != .running) }

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
        case .outputRead:
            lastActivity = now
            return []
        case .outputSent(let offset):
            sent = offset
            return []
        case .childExited:
            phase = .draining
            // From here on the client is asked whether it lives: nothing else would tell.
            lastHeard = now
            lastPing = now
            killAt = nil
            // Whoever ended the session ends all of it; after a normal exit systemd takes what is left.
            return isEnding ? [.killSession] : []
        case .reaped:
            guard phase == .draining else { return [] }
            phase = .flushing
            if dismissedUntil != nil { dismissedUntil = now + Self.farewell }
            return isListening ? [] : close()
        case .attached(let offset, let window):
            return attach(offset, window, now)
        case .removed:
            isForgotten = true
            if phase == .running { cause = cause ?? .removed }
            // Its writer gets EXIT, but cannot hold the rest up by not reading.
            if client == .present { dismissedUntil = now + Self.farewell + grace }
            waitNoLonger()
            return end(now)
        case .terminate(let stage):
            return stop(stage, now)
        case .tick:
            return tick(now)
        }
    }

    private mutating func attach(_ offset: UInt64, _ window: UInt64, _ now: UInt64) -> [Action] {
        client = .present
        wasToldError = false
        dismissedUntil = nil
        lastHeard = now
        lastPing = now
        sent = offset
        output = OutputWindow(offset: offset, size: window)
        stdin.renew()
        return []
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
        if case .away(let until) = client, now >= until {
            client = .gone
            if phase == .running { cause = cause ?? .lost }
            actions += [.audit(.expired)] + end(now)
        }
        if let time = killAt, now >= time {
            killAt = nil
            actions.append(.killSession)
        }
        if let time = dismissedUntil, now >= time {
            dismissedUntil = nil
            client = .gone
            actions.append(.disconnect)
            if phase == .flushing { actions += close() }
        }
        if asksWhetherItLives {
            if now >= lastHeard + Self.silence {
                actions += lose(now)
            } else if now >= max(lastPing, lastHeard) + Self.heartbeat {
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

    /// What the client sends, and by that shows that there is something to do.
    mutating func wasActive(_ now: UInt64) { lastActivity = now }
}
