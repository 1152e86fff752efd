public import PosternSys
public import PosternWire

/// One session, from its OPEN to its end, on this process's standard streams and, where asked, terminal.
///
/// Events only set flags; each turn then moves what can be moved. One thread, one poll. The socket is always
/// read; output that our own stdout does not take waits in queues that the window bounds.
///
/// It takes over SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP and SIGCONT by blocking them, and ignores
/// SIGPIPE: a process should run one session and exit.
public struct ClientSession: ~Copyable {
    private let socket: OwnedFD
    private let request: OpenRequest
    private let escapes: Bool
    private let say: (String) -> Void

    private let signals: SignalFD
    private var terminal: LocalTerminal?
    private let stdin: StandardStream
    private var sink: OutputSink

    private var decoder = FrameDecoder(from: .worker)
    private var inbox = ByteQueue(capacity: Limits.data)
    private var outbox = ByteQueue(capacity: Limits.open + 2 * Limits.data)
    private var typed = ByteQueue(capacity: Limits.data)
    private var escape = EscapeDetector()
    private var forwarded: (signal: Signal, times: [UInt64]) = (.int, [])

    /// What the worker said of the session; nil before.
    public private(set) var started: Started?
    private var stdinSent: UInt64 = 0
    private var stdinLimit: UInt64 = 0
    private var stdinEnded = false
    private var shownSize: TerminalSize?
    private var exit: Exit?
    private var failure: ErrorReport?
    private var outcome: Outcome?
    private var byeUntil: UInt64?

    /// How long a goodbye may take, in nanoseconds.
    private static let patience: UInt64 = 2_000_000_000

    /// - Parameters:
    ///   - socket: a connection from `Target.connect`, on which nothing was sent; owned from now on.
    ///   - request: what to open; its window and terminal size are filled in here.
    ///   - escapes: whether `^]` three times within a second hangs up.
    ///   - say: shows one line of text to the user; the line ends for a raw terminal are added here.
    public static func open(
        _ request: OpenRequest, on socket: consuming OwnedFD, escapes: Bool, say: @escaping (String) -> Void
    ) throws(SysError) -> ClientSession {
        try Signal.ignore(.pipe)
        let signals = try SignalFD([.int, .term, .hup, .quit, .winch, .tstp, .cont])
        var request = request
        request.limit = UInt64(OutputSink.window)
        let stdin = try StandardStream(.input)
        let sink = try OutputSink.standard()
        if request.terminal != nil, request.terminal?.size == nil {
            request.terminal?.size = LocalTerminal.size(of: stdin.descriptor) ?? sink.terminalSize
        }
        var session = ClientSession(
            socket: socket, request: request, escapes: escapes, say: say, signals: signals, stdin: stdin,
            sink: sink)
        if request.terminal != nil { session.adoptTerminal() }
        return session
    }

    private init(
        socket: consuming OwnedFD, request: OpenRequest, escapes: Bool, say: @escaping (String) -> Void,
        signals: consuming SignalFD, stdin: consuming StandardStream, sink: consuming OutputSink
    ) {
        self.socket = socket
        self.request = request
        self.escapes = escapes
        self.say = say
        self.signals = signals
        self.stdin = stdin
        self.sink = sink
        stdinEnded = !request.stdin
        shownSize = request.terminal?.size
        let payload = request.encode()
        guard payload.count <= Limits.open else {
            outcome = .failed(
                ErrorReport(
                    stage: .exec, errno: "E2BIG",
                    text: "command and environment are \(payload.count) bytes; at most \(Limits.open) can be sent"),
                wasStarted: false)
            return
        }
        outbox.append(FrameEncoder.frame(.open, payload))
    }

    /// Runs the session to its end; blocks until then. The terminal is restored when it returns.
    public mutating func run() -> Outcome {
        while outcome == nil {
            do throws(SysError) {
                try turn()
            } catch {
                outcome = .broken("\(error)")
            }
        }
        restoreTerminal()
        let result = outcome ?? .broken("no outcome")
        if result.endsTheSession { hangUp() }
        Sockets.shutdownBoth(socket)
        return result
    }

    // MARK: - Turns

    private mutating func turn() throws(SysError) {
        var set = PollSet()
        let signalSlot = set.add(signals.descriptor, read: true, write: false)
        let socketSlot = set.add(socket, read: true, write: !outbox.isEmpty)
        let reads = wantsStdin
        let stdinSlot = reads && !stdin.alwaysReady ? set.add(stdin.descriptor, read: true, write: false) : nil
        sink.watch(&set)
        let now = MonotonicClock.nanoseconds()
        let left = byeUntil.map { Int(($0 - min(now, $0)) / 1_000_000) + 1 }
        try set.wait(milliseconds: reads && stdin.alwaysReady ? 0 : left)

        if set.readable(signalSlot) { try takeSignals() }
        if set.readable(socketSlot) || set.hungUp(socketSlot) || set.errored(socketSlot) { receive() }
        let typedNow = stdinSlot.map { set.readable($0) || set.hungUp($0) || set.errored($0) } ?? stdin.alwaysReady
        if reads, typedNow { readStdin() }
        writeOutput()
        finish()
        send()
        if let byeUntil, MonotonicClock.nanoseconds() >= byeUntil { conclude() }
    }

    private mutating func writeOutput() {
        do throws(SinkError) {
            try sink.write()
        } catch {
            end(error)
        }
        guard outcome == nil, exit == nil, failure == nil, let window = sink.windowUpdate() else { return }
        outbox.append(FrameEncoder.frame(.window, window.encode()))
    }

    /// Once the end has come and all output is written: BYE, and the wait for the worker to close.
    private mutating func finish() {
        guard outcome == nil, exit != nil || failure != nil, sink.isEmpty, byeUntil == nil else { return }
        restoreTerminal()
        outbox.append(FrameEncoder.frame(.bye))
        byeUntil = MonotonicClock.nanoseconds() + Self.patience
    }

    private mutating func conclude() {
        guard outcome == nil else { return }
        if let failure {
            outcome = .failed(failure, wasStarted: started != nil)
        } else if let exit {
            outcome = .exited(exit)
        }
    }

    private mutating func end(_ error: SinkError) {
        guard outcome == nil else { return }
        switch error {
        case .output(let error): outcome = .outputFailed(error)
        case .wire(let error): outcome = .violated(error.description)
        }
    }

    // MARK: - The worker

    private mutating func receive() {
        do throws(SysError) {
            switch try inbox.fillSocket(from: socket) {
            case .bytes: break
            case .wouldBlock: return
            case .endOfFile: return lose("the worker closed the connection")
            }
        } catch {
            return lose("\(error)")
        }
        var position = 0
        while outcome == nil {
            do throws(WireError) {
                let event = try inbox.withReadable { bytes throws(WireError) in
                    try decoder.next(in: bytes, at: &position)
                }
                switch event {
                case nil: return inbox.removeAll()
                case .data(let kind, let range):
                    guard started != nil, exit == nil, failure == nil else { throw .unexpectedFrame(kind) }
                    do throws(SinkError) {
                        try inbox.withReadable { bytes throws(SinkError) in
                            try sink.take(kind, bytes.extracting(range))
                        }
                    } catch {
                        end(error)
                    }
                case .control(let kind, let payload): try take(kind, payload)
                }
            } catch {
                outcome = .violated(error.description)
            }
        }
    }

    private mutating func take(_ kind: FrameKind, _ payload: [UInt8]) throws(WireError) {
        guard exit == nil, failure == nil else { throw .unexpectedFrame(kind) }
        switch kind {
        case .started:
            guard started == nil else { throw .unexpectedFrame(kind) }
            let hello = try Started(payload)
            guard hello.session == request.session else { throw .badValue("session", Array(hello.session.text.utf8)) }
            started = hello
            stdinLimit = hello.limit
            makeTerminalRaw()
            resize()
        case .error: failure = try ErrorReport(payload)
        case .exit:
            guard started != nil else { throw .unexpectedFrame(kind) }
            exit = try Exit(payload)
        case .notice:
            guard started != nil else { throw .unexpectedFrame(kind) }
            tell(try Notice(payload).text)
        case .window:
            let window = try WindowUpdate(payload)
            guard started != nil, window.consumed <= stdinSent, window.limit >= stdinLimit else {
                throw .badValue("limit", Array(String(window.limit).utf8))
            }
            stdinLimit = window.limit
        case .ping:
            // A worker that pings faster than it reads is not owed an answer each time.
            if outbox.free > Limits.open { outbox.append(FrameEncoder.frame(.pong, payload)) }
        case .pong: break
        case .open, .attach, .list, .stdin, .stdinEOF, .resize, .signal, .detach, .hangup, .bye, .stdout,
            .stderr:
            throw .unexpectedFrame(kind)
        }
    }

    private mutating func lose(_ why: String) {
        guard outcome == nil else { return }
        if exit != nil || failure != nil {
            // All was said; what is left to write is ours.
            if sink.isEmpty { return conclude() }
            drainSink()
            return conclude()
        }
        outcome = .lost(started == nil ? why + " before the session was started" : why)
    }

    /// Writes what is left when there is no connection any more to attend to beside it.
    private mutating func drainSink() {
        while outcome == nil, !sink.isEmpty {
            var set = PollSet()
            _ = set.add(signals.descriptor, read: true, write: false)
            sink.watch(&set)
            do throws(SysError) {
                try set.wait(milliseconds: nil)
                try takeSignals()
            } catch {
                outcome = .broken("\(error)")
            }
            do throws(SinkError) { try sink.write() } catch { end(error) }
        }
    }

    private mutating func send() {
        do throws(SysError) {
            while !outbox.isEmpty {
                guard case .bytes = try outbox.drainSocket(to: socket) else { return }
            }
        } catch {
            // The worker may have said why before it closed: that is read before the loss is believed.
            outbox.removeAll()
            receive()
            if outcome == nil, exit == nil, failure == nil { lose("\(error)") }
        }
    }

    // MARK: - Stdin

    private var wantsStdin: Bool {
        started != nil && !stdinEnded && exit == nil && failure == nil && stdinSent < stdinLimit
            && outbox.count < Limits.data
    }

    private mutating func readStdin() {
        let room = Int(clamping: min(stdinLimit - stdinSent, UInt64(Limits.data)))
        do throws(SysError) {
            switch try stdin.read(into: &typed, atMost: room) {
            case .wouldBlock: return
            case .endOfFile: return endStdin()
            case .bytes: break
            }
        } catch {
            // EIO: our terminal is gone. Nobody will type any more.
            return endStdin()
        }
        let now = MonotonicClock.nanoseconds()
        let escaped = typed.withReadable { bytes in escape.see(bytes, at: now) }
        outbox.append(header: .stdin, length: typed.count)
        stdinSent += UInt64(typed.count)
        outbox.append(from: &typed)
        if escapes, escaped, isRaw { outcome = .hungUp }
    }

    private mutating func endStdin() {
        stdinEnded = true
        outbox.append(FrameEncoder.frame(.stdinEOF))
    }

    // MARK: - Signals

    private mutating func takeSignals() throws(SysError) {
        while let info = try signals.next() {
            switch info.signal {
            case .winch: resize()
            case .tstp: try suspend()
            case .cont: resume()
            default: forward(info.signal)
            }
        }
    }

    /// In front of a raw terminal, or before there is a session, a signal is meant for us. Otherwise it is
    /// the session's, but the third of a kind within a second is for us after all.
    private mutating func forward(_ signal: Signal) {
        guard outcome == nil else { return }
        guard started != nil, !isRaw, exit == nil, failure == nil else {
            outcome = .signalled(signal)
            return
        }
        let now = MonotonicClock.nanoseconds()
        if forwarded.signal != signal { forwarded = (signal, []) }
        forwarded.times.append(now)
        forwarded.times.removeAll { now - $0 > 1_000_000_000 }
        if forwarded.times.count >= 3 {
            outcome = .signalled(signal)
        } else {
            outbox.append(
                FrameEncoder.frame(.signal, SignalRequest(signal: Array(signal.name.utf8)).encode()))
        }
    }

    private mutating func suspend() throws(SysError) {
        restoreTerminal()
        try Signal.raiseDefault(.tstp)
        resume()
    }

    private mutating func resume() {
        guard started != nil, exit == nil, failure == nil, outcome == nil else { return }
        makeTerminalRaw()
        resize()
    }

    // MARK: - The terminal

    private var isRaw: Bool {
        switch terminal {
        case .some(let terminal): terminal.isRaw
        case .none: false
        }
    }

    private mutating func adoptTerminal() {
        guard request.stdin, stdin.isTerminal else { return }
        do throws(SysError) {
            terminal = try LocalTerminal.adopt(stdin.descriptor)
        } catch {
            tell("cannot take over the terminal: \(error)")
        }
    }

    private mutating func makeTerminalRaw() {
        do throws(SysError) {
            try terminal?.makeRaw()
        } catch {
            tell("cannot make the terminal raw: \(error)")
        }
    }

    private mutating func restoreTerminal() {
        do throws(SysError) {
            try terminal?.restore()
        } catch {
            tell("cannot restore the terminal: \(error); `stty sane` may")
        }
    }

    /// Tells the session's terminal the size of ours.
    private mutating func resize() {
        guard request.terminal != nil, started != nil, exit == nil, failure == nil else { return }
        guard let size = LocalTerminal.size(of: stdin.descriptor) ?? sink.terminalSize, size != shownSize
        else { return }
        shownSize = size
        outbox.append(FrameEncoder.frame(.resize, size.encode()))
    }

    private func tell(_ text: String) { say(isRaw ? text + "\r" : text) }

    // MARK: - Hanging up

    /// Tells the worker that we leave, as far as that can be said within a moment.
    private mutating func hangUp() {
        outbox.append(FrameEncoder.frame(.hangup))
        let deadline = MonotonicClock.nanoseconds() + 200_000_000
        while !outbox.isEmpty {
            let now = MonotonicClock.nanoseconds()
            guard now < deadline else { return }
            var set = PollSet()
            _ = set.add(socket, read: false, write: true)
            do throws(SysError) {
                _ = try outbox.drainSocket(to: socket)
                if !outbox.isEmpty { try set.wait(milliseconds: Int((deadline - now) / 1_000_000) + 1) }
            } catch {
                // The connection is gone: the worker hangs up by itself.
                return
            }
        }
    }
}

extension Outcome {
    /// Whether the worker may still be running a session that we leave.
    fileprivate var endsTheSession: Bool {
        switch self {
        case .signalled, .hungUp, .outputFailed, .violated, .broken: true
        case .exited, .failed, .lost: false
        }
    }
}

extension ByteQueue {
    fileprivate mutating func append(header kind: FrameKind, length: Int) {
        let header = FrameEncoder.header(kind, length: length)
        append(header.span)
    }
}
