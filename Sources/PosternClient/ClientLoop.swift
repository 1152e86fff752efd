internal import PosternSys
internal import PosternWire

/// Carries one session: the only place in the client that waits.
///
/// Events only say that something may go on; a turn then moves every byte that can be moved, in systemd's
/// ptyfwd's shape. The socket is always read, and what came waits in queues bounded by the window. `ended` says
/// what the end will be; it has come when the output before it was written.
struct ClientLoop: ~Copyable {
    /// How long a worker may take to close after BYE, and how long a HANGUP may take to leave, in milliseconds.
    static let farewell: UInt64 = 2000

    enum Phase {
        /// OPEN was sent, and nothing more before its answer.
        case opening
        case running
        /// No more will come: what was received is being written.
        case draining(Outcome.Ending)
        /// BYE, or HANGUP, is on its way.
        case leaving(Outcome.Ending, until: UInt64)
        case over(Outcome.Ending)
    }

    var request: OpenRequest
    let socket: OwnedFD
    let signals: SignalFD?
    let watchesEscape: Bool
    let onStarted: @Sendable (Started) -> Void

    var phase = Phase.opening
    var isConnected = true
    var started: Started?
    var decoder = FrameDecoder(from: .worker)
    var inbox = ByteQueue(capacity: 128 * 1024)
    var sender = FrameSender()
    var outputWindow = OutputWindow()
    var stdout = OutputSink()
    var stderr = OutputSink()
    var messages = OutputSink(capacity: 16 * 1024)
    var inputWindow = InputWindow(limit: 0)
    var input = ByteQueue(capacity: Limits.data)
    var inputIsOpen: Bool
    var terminal: HostTerminal?
    var escapes = EscapeWatch()
    var insistence = Insistence<Signal>()

    static let watched: [Signal] = [.int, .term, .hup, .quit, .winch, .tstp, .cont]

    init(
        _ request: OpenRequest, socket: consuming OwnedFD, takesSignals: Bool, watchesEscape: Bool,
        onStarted: @escaping @Sendable (Started) -> Void
    ) throws(SysError) {
        signals = takesSignals ? try SignalFD(Self.watched) : nil
        self.request = request
        self.socket = socket
        self.watchesEscape = watchesEscape
        self.onStarted = onStarted
        inputIsOpen = request.stdin
    }

    /// Runs to the end of the session, and leaves the terminal as it found it.
    mutating func run(_ streams: inout StandardStreams) -> Outcome {
        open(streams)
        while true {
            if case .over(let ending) = phase {
                restoreTerminal()
                flushMessages(streams)
                Sockets.shutdownBoth(socket)
                var outcome = Outcome(ending: ending, session: request.session)
                outcome.started = started
                outcome.received = outputWindow.received
                return outcome
            }
            do throws(SysError) {
                let ready = try wait(streams)
                if ready.signal { try takeSignals(streams) }
                if ready.socket || !inbox.isEmpty { receive(streams) }
                if ready.input { readInput(streams) }
            } catch {
                die(.internalFailure(error))
            }
            writeOutput(streams)
            send()
            advance()
        }
    }

    private mutating func open(_ streams: borrowing StandardStreams) {
        if request.terminal != nil, request.terminal?.size == nil {
            request.terminal?.size = streams.size().map(TerminalSize.init)
        }
        sender.append(.open, request.encode())
        send()
    }

    // MARK: - Waiting

    private struct Ready {
        var signal = false
        var socket = false
        var input = false
    }

    /// Whether the session takes input from us now.
    private var wantsInput: Bool {
        guard case .running = phase, inputIsOpen else { return false }
        return inputWindow.room > 0 && sender.takesData
    }

    private mutating func wait(_ streams: borrowing StandardStreams) throws(SysError) -> Ready {
        var set = PollSet()
        var slots: (signal: PollSet.Slot?, socket: PollSet.Slot?, input: PollSet.Slot?) = (nil, nil, nil)
        switch signals {
        case .none: break
        case .some(let signals): slots.signal = set.add(signals.descriptor, read: true, write: false)
        }
        let reads = sender.hasRoomForReplies
        if isConnected, reads || !sender.isEmpty {
            slots.socket = set.add(socket, read: reads, write: !sender.isEmpty)
        }
        if wantsInput { slots.input = set.add(streams.input, read: true, write: false) }
        if !stdout.isEmpty { _ = set.add(streams.output, read: false, write: true) }
        if !stderr.isEmpty || !messages.isEmpty { _ = set.add(streams.error, read: false, write: true) }
        var timeout: Int?
        if case .leaving(_, let deadline) = phase {
            timeout = Int(clamping: Int64(deadline) - Int64(MonotonicClock.milliseconds()))
        }
        // A stream that is closed cannot be polled: its turn is now.
        if wantsInput, slots.input == nil { timeout = 0 }
        if !inbox.isEmpty, reads { timeout = 0 }
        if !stdout.isEmpty, streams.output == nil { timeout = 0 }
        if !stderr.isEmpty, streams.error == nil { timeout = 0 }
        try set.wait(milliseconds: timeout)
        return Ready(
            signal: slots.signal.map { set.readable($0) } ?? false,
            socket: slots.socket.map { (reads && set.readable($0)) || set.hungUp($0) || set.errored($0) }
                ?? false,
            input: slots.input.map { set.readable($0) || set.hungUp($0) || set.errored($0) } ?? wantsInput)
    }

    // MARK: - Ends

    /// What follows once something has been written out or sent.
    private mutating func advance() {
        switch phase {
        case .opening, .running, .over: break
        case .draining(let ending):
            guard stdout.isEmpty, stderr.isEmpty else { break }
            if case .exited = ending, isConnected {
                sender.append(.bye)
                send()
                phase = .leaving(ending, until: MonotonicClock.milliseconds() + Self.farewell)
            } else {
                phase = .over(ending)
            }
        case .leaving(let ending, let deadline):
            // After BYE the worker closes; a HANGUP only has to have left.
            let isDone = if case .exited = ending { !isConnected } else { !isConnected || sender.isEmpty }
            if isDone || MonotonicClock.milliseconds() >= deadline { phase = .over(ending) }
        }
    }

    /// The session's end as the worker, or the connection, told it: what came before is still written.
    mutating func end(_ ending: Outcome.Ending) {
        switch phase {
        case .opening, .running: phase = .draining(ending)
        case .draining(.exited), .leaving(.exited, _):
            // A worker that sends something after EXIT is not to be believed about EXIT either.
            if case .broken = ending { phase = .draining(ending) }
        case .draining, .leaving, .over: break
        }
    }

    /// Ends now: the terminal first, then HANGUP, which has a moment to leave; output that waits is dropped.
    mutating func die(_ ending: Outcome.Ending) {
        restoreTerminal()
        stdout.removeAll()
        stderr.removeAll()
        switch phase {
        case .over, .leaving(.killed, _), .leaving(.hungUp, _), .leaving(.outputFailed, _): return
        case .opening: phase = .over(ending)
        case .running where isConnected:
            sender.append(.hangup)
            send()
            phase = .leaving(ending, until: MonotonicClock.milliseconds() + Self.farewell / 2)
        case .running, .draining, .leaving: phase = .over(ending)
        }
    }

    /// The connection is gone, for good.
    mutating func disconnect(_ error: SysError?) {
        isConnected = false
        sender.removeAll()
        end(.lost(error))
    }

    mutating func send() {
        guard isConnected else { return sender.removeAll() }
        do throws(SysError) {
            try sender.send(to: socket)
        } catch {
            // The worker may have said why before it closed: that is still to be read. A reset takes the
            // read end as well, and reading then says so.
            sender.removeAll()
        }
    }
}

extension PollSet {
    /// Adds a stream unless it is closed.
    mutating func add(_ stream: borrowing StandardStream?, read: Bool, write: Bool) -> Slot? {
        switch stream {
        case .none: nil
        case .some(let stream): add(stream.descriptor, read: read, write: write)
        }
    }
}

extension TerminalSize {
    init(_ window: TerminalWindow) {
        self.init(
            rows: window.rows, columns: window.columns, pixelWidth: window.xpixel, pixelHeight: window.ypixel)
    }
}
