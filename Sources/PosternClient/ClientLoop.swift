internal import PosternSys
internal import PosternWire

/// Carries one session: the only place in the client that waits.
///
/// Events only say that something may go on; a turn then moves every byte that can be moved, in systemd's
/// ptyfwd's shape. The socket is always read, and what came waits in queues bounded by the window. The phase says
/// how far the session is, `link` whether there is a way to it; an ending is over when the output before it was
/// written.
struct ClientLoop: ~Copyable {
    /// How long a worker may take to close after BYE, how long a HANGUP may take to leave, and what is typed or
    /// shown before DETACH, in milliseconds.
    static let farewell: UInt64 = 2000

    enum Phase {
        /// No STARTED has come yet.
        case opening
        case running
        /// No more will come: what was received is being written.
        case draining(Outcome.Ending)
        /// BYE, or HANGUP, is on its way.
        case leaving(Outcome.Ending, until: UInt64)
        case over(Outcome.Ending)
    }

    enum Link {
        /// The first frame was sent, and nothing more before its answer.
        case asking
        case up
        /// Lost, and perhaps to be found again.
        case down
    }

    enum Detaching {
        case no
        /// What was typed and shown before the keys is on its way.
        case finishing(shown: UInt64, until: UInt64)
        /// DETACH was sent: nothing is sent, and nothing is shown, before the answer.
        case asked
    }

    var request: SessionRequest
    let target: Target?
    var options: SessionOptions
    let signals: SignalFD?
    var clock = LoopClock()

    var phase = Phase.opening
    var started: Started?
    var hasTerminal = false

    var link = Link.asking
    var connection: Connection
    var connections: UInt64 = 1
    var dial: Dial?
    var reconnection = Reconnection()
    var upSince: UInt64?
    /// How many first frames were sent since the last answer to one.
    var unanswered = 0
    var lastHeard: UInt64 = 0
    var lastPing: UInt64 = 0
    var away = AwayNotice(isPainted: false)
    var lastFailure: ConnectError?

    var outputWindow: OutputWindow
    var stdout = OutputSink()
    var stderr = OutputSink()
    var messages = OutputSink(capacity: 16 * 1024)
    /// Questions to the terminal are taken out of the output before this offset.
    var filteredUntil: UInt64 = 0
    var filter = QueryFilter()

    var input: SentInput
    var typed = ByteQueue(capacity: Limits.data)
    var inputIsOpen: Bool
    var detaching = Detaching.no

    var terminal: HostTerminal?
    var escapes = EscapeWatch()
    var insistence = Insistence<Signal>()

    static let watched: [Signal] = [.int, .term, .hup, .quit, .winch, .tstp, .cont]

    /// - Parameter target: where to look for the session when the connection is lost; nil: nowhere.
    init(
        _ request: SessionRequest, socket: consuming OwnedFD, target: Target?, options: SessionOptions
    ) throws(SysError) {
        signals = options.takesSignals ? try SignalFD(Self.watched) : nil
        self.request = request
        self.target = target
        self.options = options
        connection = Connection(socket)
        input = SentInput(isKept: target != nil && request.survives)
        switch request {
        case .open(let open):
            hasTerminal = open.terminal != nil
            inputIsOpen = open.stdin && !open.detach
            outputWindow = OutputWindow(limit: open.limit)
        case .attach(let attach):
            // STARTED says whether there is anything to type into.
            inputIsOpen = false
            outputWindow = OutputWindow(limit: attach.window)
        }
    }

    /// Runs to the end of the session, and leaves the terminal as it found it.
    mutating func run(_ streams: inout StandardStreams) -> Outcome {
        open(streams)
        while true {
            if case .over(let ending) = phase { return finish(ending, streams) }
            do throws(SysError) {
                let ready = try wait(streams)
                clock.turn()
                if ready.signal { try takeSignals(streams) }
                if ready.dial { advanceDial() }
                if ready.socket || !connection.inbox.isEmpty { receive(streams) }
                if ready.input { readInput(streams) }
            } catch {
                die(.internalFailure(error))
            }
            tick(streams)
            writeOutput(streams)
            sendInput()
            advanceDetaching()
            connection.send()
            advance()
        }
    }

    private mutating func open(_ streams: borrowing StandardStreams) {
        if case .open(var open) = request, open.terminal != nil, open.terminal?.size == nil {
            open.terminal?.size = streams.size().map(TerminalSize.init)
            request = .open(open)
        }
        ask()
        connection.send()
    }

    private mutating func finish(
        _ ending: Outcome.Ending, _ streams: borrowing StandardStreams
    ) -> Outcome {
        showReturn(isBack: false)
        restoreTerminal()
        flushMessages(streams)
        connection.close()
        var outcome = Outcome(ending: ending, session: started?.session ?? request.session ?? .zero)
        outcome.started = started
        outcome.received = outputWindow.received
        outcome.lastFailure = lastFailure
        outcome.isUnheard = link != .up
        if case .lost = ending, link == .down, canReturn {
            outcome.sought = (clock.now - reconnection.since) / 1000
        }
        return outcome
    }

    // MARK: - Waiting

    private struct Ready {
        var signal = false
        var socket = false
        var dial = false
        var input = false
    }

    /// Whether the session takes input from us now. Without a connection it takes what a later one will bring.
    private var wantsInput: Bool {
        guard case .running = phase, inputIsOpen, case .no = detaching else { return false }
        return inputRoom > 0 && connection.sender.takesData
    }

    private mutating func wait(_ streams: borrowing StandardStreams) throws(SysError) -> Ready {
        var set = PollSet()
        var slots: (signal: PollSet.Slot?, dial: PollSet.Slot?, input: PollSet.Slot?) = (nil, nil, nil)
        switch signals {
        case .none: break
        case .some(let signals): slots.signal = set.add(signals.descriptor, read: true, write: false)
        }
        let reads = connection.sender.hasRoomForReplies
        let socket = connection.watch(in: &set)
        switch dial {
        case .none: break
        case .some(let dial): slots.dial = dial.watch(in: &set)
        }
        if wantsInput { slots.input = set.add(streams.input, read: true, write: false) }
        if showsOutput {
            if !stdout.isEmpty { _ = set.add(streams.output, read: false, write: true) }
            if !stderr.isEmpty { _ = set.add(streams.error, read: false, write: true) }
        }
        if !messages.isEmpty { _ = set.add(streams.error, read: false, write: true) }
        var timeout = clock.milliseconds(until: deadline)
        // A stream that is closed cannot be polled: its turn is now.
        if wantsInput, slots.input == nil { timeout = 0 }
        if !connection.inbox.isEmpty, reads { timeout = 0 }
        if showsOutput, !stdout.isEmpty, streams.output == nil { timeout = 0 }
        if showsOutput && !stderr.isEmpty || !messages.isEmpty, streams.error == nil { timeout = 0 }
        try set.wait(milliseconds: timeout)
        func isReady(_ slot: PollSet.Slot?) -> Bool {
            slot.map { set.readable($0) || set.writable($0) || set.hungUp($0) || set.errored($0) } ?? false
        }
        return Ready(
            signal: slots.signal.map { set.readable($0) } ?? false,
            socket: socket.map { (reads && set.readable($0)) || set.hungUp($0) || set.errored($0) } ?? false,
            dial: isReady(slots.dial),
            input: slots.input == nil ? wantsInput : isReady(slots.input))
    }

    /// When something has to be done although nothing happens.
    private var deadline: UInt64? {
        var time = linkDeadline
        if case .leaving(_, let until) = phase { time = earliest(time, until) }
        guard case .running = phase, link == .up else { return time }
        if case .finishing(_, let until) = detaching { time = earliest(time, until) }
        time = earliest(time, outputWindow.deadline)
        return time
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
