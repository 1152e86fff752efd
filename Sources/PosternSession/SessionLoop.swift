internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// Relays one session: the only place in its worker that waits.
///
/// A turn waits for something to be ready, moves as many bytes as can be moved, tells the machine what
/// happened, and does what it answers. Nothing is queued without a cap: stdin by the window the client was
/// granted, output by not reading the child while the log must keep what it has. The writer's socket is always
/// read, so that a signal or a hang-up is never stuck behind data.
struct SessionLoop: ~Copyable {
    let signals: SignalFD
    var process: SessionProcess
    let plan: SessionPlan
    let policy: Policy
    var machine: SessionMachine
    var clock = LoopClock()
    var watchdog = Watchdog()
    var set = PollSet()
    var audit: Audit

    /// What the session runs in; given up when it is released, and meanwhile the helper that does that.
    var sandbox: Sandbox?
    var releasing: Helper?
    /// Its place on record; given up when the session has ended.
    var place: Reservation?
    var door: ControlDoor?
    var seat: WriterSeat
    /// The client that may write, while one is connected.
    var writer: Connection?
    var observers = Observers()
    /// Since when the session has the writer it has, or none: microseconds since the epoch.
    var since = WallClock.microseconds()

    var log: OutputLog
    var input: InputRelay
    var output: OutputReader
    /// Set when the child has been reaped.
    var result: Exit?
    /// When to look again whether the child can be reaped, and then whether the last of the session's processes is gone.
    var settleAt: UInt64?
    var settleAttempts = 0
    let began = MonotonicClock.nanoseconds()
    let started = WallClock.microseconds()
    var keeps = false
    let history: History?

    static let stdinWindow = 128 * 1024
    /// How far the child is read ahead of a writer that is there: far enough for a whole frame, and no further, so
    /// that what is typed shows soon.
    private static let readAhead = Limits.data

    init(
        _ plan: SessionPlan, _ process: consuming SessionProcess, in sandbox: consuming Sandbox?,
        place: consuming Reservation?, socket: consuming OwnedFD, peer: Peer, signals: consuming SignalFD,
        audit: Audit, policy: Policy
    ) {
        machine = SessionMachine(
            request: plan.request, stdinWindow: Self.stdinWindow, grace: policy.grace * 1_000_000_000,
            timeout: plan.timeout, idle: plan.idle, mayDetach: plan.mayDetach, now: clock.now)
        input = InputRelay(
            capacity: Self.stdinWindow, holdUntil: plan.holdInput > 0 ? clock.now + plan.holdInput : nil)
        output = OutputReader(hasErrors: plan.request.terminal == nil)
        log = OutputLog(capacity: policy.replay)
        seat = WriterSeat(plan.request)
        self.plan = plan
        self.policy = policy
        history = policy.historyDirectory.map { History($0, template: policy.template) }
        self.process = process
        self.sandbox = sandbox
        self.place = place
        self.signals = signals
        self.audit = audit
        let connection = Connection(
            socket, peer: peer, claim: plan.request.claimedOperator, sent: 0, input: plan.request.stdin)
        connection.append(.started, hello().encode())
        if plan.request.detach {
            observers.add(
                Observer(connection, .parting, window: OutputWindow(offset: 0, size: 0), now: clock.now))
        } else {
            writer = connection
        }
    }

    /// Runs the session to its end.
    mutating func run() throws(SysError) {
        // The client first: it may be told before anybody could come to ask.
        send()
        enterRecord()
        while !machine.isClosed {
            let ready = try wait()
            clock.turn()
            if ready.signal { try takeSignals() }
            if ready.writer || (writer?.hasUnread ?? false) { receive() }
            writeInput()
            // Each source once a turn: neither stdout nor stderr can starve the other, or the socket.
            if ready.output { readOutput(.stdout) }
            if ready.errors { readOutput(.stderr) }
            if ready.child { childExited() }
            while machine.childHasExited, canRead(), !output.isDrained {
                readOutput(.stdout)
                readOutput(.stderr)
            }
            if machine.childHasExited, result == nil, output.isDrained, clock.now >= settleAt ?? 0 {
                try settle()
            }
            try advanceRelease()
            handle(.tick)
            send()
            serveObservers()
            serveDoor()
            watchdog.feed()
        }
        try leave()
    }

    // MARK: - Waiting

    private struct Ready {
        var signal = false
        var writer = false
        var child = false
        var output = false
        var errors = false
    }

    // Nothing below changes anything; but lent without `mutating`, the 2 KiB of the loop are copied each time.

    /// How much may be read from the child now.
    private mutating func outputRoom() -> Int {
        let room = log.room(keeping: machine.floor)
        guard let writer, machine.outputLimit > 0 else { return room }
        return min(room, max(0, Self.readAhead - Int(log.end - writer.sent)))
    }

    private mutating func canRead() -> Bool { outputRoom() > 0 }

    private mutating func wait() throws(SysError) -> Ready {
        set.reset()
        let signalSlot = set.add(signals.descriptor, read: true, write: false)
        var writerSlot: PollSet.Slot?
        var listens = false
        if let writer {
            // Room for the replies to what comes in; a client that asks and never reads is not read either.
            listens = writer.hasRoomForReplies
            writerSlot = set.add(writer.socket, read: listens, write: hasOutput(for: writer))
        }
        let childSlot = machine.childHasExited ? nil : set.add(process.child.pidfd, read: true, write: false)
        if input.wantsToWrite(at: clock.now) { _ = set.addIfOpen(process.input, read: false, write: true) }
        let reads = canRead()
        let outputSlot =
            reads && output.reads(.stdout) ? set.addIfOpen(process.output, read: true, write: false) : nil
        let errorSlot =
            reads && output.reads(.stderr) ? set.addIfOpen(process.errors, read: true, write: false) : nil
        observers.addAll(to: &set, log)
        door?.addAll(to: &set)
        releasing?.addAll(to: &set)
        try set.wait(milliseconds: hasWork() ? 0 : patience())
        var ready = Ready()
        ready.signal = set.readable(signalSlot)
        if let slot = writerSlot {
            ready.writer = (listens && set.readable(slot)) || set.hungUp(slot) || set.errored(slot)
        }
        if let slot = childSlot { ready.child = set.readable(slot) }
        if let slot = outputSlot { ready.output = set.isReady(slot) }
        if let slot = errorSlot, set.isReady(slot) { ready.errors = true }
        return ready
    }

    /// Whether the writer's socket is waited for: frames that are queued, or output that it may be sent.
    private func hasOutput(for writer: Connection) -> Bool {
        writer.hasQueued || writer.sent < min(log.end, machine.outputLimit)
    }

    /// Whether there is something to do that no descriptor would tell of: frames that were left for want of
    /// room, and, after the child's exit, output in a pipe that a grandchild keeps open.
    private mutating func hasWork() -> Bool {
        (writer.map { $0.hasUnread && $0.hasRoomForReplies } ?? false)
            || (machine.childHasExited && canRead() && !output.isDrained)
    }

    /// How long the loop may wait, in milliseconds.
    private mutating func patience() -> Int? {
        var deadline = earliest(earliest(machine.deadline, input.deadline), settleAt)
        deadline = earliest(earliest(deadline, observers.deadline), door?.deadline)
        deadline = earliest(deadline, releasing?.deadline)
        let time = earliest(clock.milliseconds(until: deadline), watchdog.milliseconds)
        return earliest(time, observers.rest)
    }

    private mutating func takeSignals() throws(SysError) {
        while let info = try signals.next() {
            switch info.signal {
            case .term, .int, .hup:
                handle(.terminate(policy.unit != nil ? StopReason.ask().stage : .stop))
            default: break
            }
        }
    }

    // MARK: - Moving bytes

    /// Takes what the writer sent, as long as there is room for the answers.
    private mutating func receive() {
        guard let connection = writer else { return }
        do {
            guard try connection.receive() else { return handle(.connectionLost) }
        } catch {
            return handle(.connectionLost)
        }
        // What is handled may end the connection, or replace it.
        while let writer, writer === connection, connection.hasRoomForReplies {
            do throws(WireError) {
                switch try connection.next() {
                case .data(_, let range): takeInput(range, from: connection)
                case .control(let kind, let payload): handle(.control(kind, payload))
                case nil: return
                }
            } catch {
                return handle(.malformed(error))
            }
        }
    }

    private mutating func takeInput(_ range: Range<Int>, from connection: Connection) {
        let before = machine.acceptsInput
        handle(.stdin(range.count))
        guard before, machine.acceptsInput else { return }
        let (isTerminal, now) = (process.isTerminal, clock.now)
        let consumed = connection.withBytes(of: range) { input.take($0, holdable: isTerminal, at: now) }
        if consumed > 0 { handle(.stdinConsumed(consumed)) }
    }

    private mutating func writeInput() {
        let consumed = input.write(to: &process, at: clock.now)
        if consumed > 0 { handle(.stdinConsumed(consumed)) }
    }

    private mutating func readOutput(_ kind: FrameKind) {
        let count = output.read(kind, from: process, to: &log, room: outputRoom())
        if count > 0 {
            input.release()
            handle(.outputRead(count))
        }
    }

    private mutating func send() {
        guard let writer else { return }
        do throws(SysError) {
            if try writer.send(log, upTo: machine.outputLimit) > 0 { handle(.outputSent(writer.sent)) }
            let hasAll = writer.sent == log.end || machine.outputLimit == 0
            if machine.owesExit, hasAll, !writer.saidExit, let result {
                writer.saidExit = true
                writer.append(.exit, result.encode())
                _ = try writer.flush()
            }
        } catch {
            // Whatever went wrong, nothing more can be sent.
            handle(.connectionLost)
        }
    }

    mutating func serveObservers() {
        guard !observers.isEmpty else { return }
        let end = result.map { (exit: $0, news: news()) }
        observers.serve(set, log, end: end, at: clock.now)
    }

    // MARK: - Doing what the machine says

    mutating func handle(_ event: SessionMachine.Event) {
        for action in machine.handle(event, now: clock.now) { perform(action) }
    }

    mutating func perform(_ action: SessionMachine.Action) {
        do throws(SysError) {
            switch action {
            case .resize(let size): try process.resize(size.usable)
            case .signal(let signal, let scope): try process.signal(signal, scope)
            case .endStdin: input.end()
            case .send(let kind, let payload): writer?.append(kind, payload)
            case .hangUpSession:
                input.release()
                try process.signal(.hup, .all)
                try process.signal(.cont, .all)
            case .killSession: try process.kill()
            case .detach: detachWriter()
            case .disconnect: disconnectWriter()
            case .audit(let event): audit.record(event)
            case .close(let keep): keeps = keep
            }
        } catch {
            // A signal or a resize that the kernel refuses harms nobody; the client asked, so it is told.
            let notice = Notice(about: "\(action.verb)", text: "\(action.verb): \(error)")
            if let writer, writer.hasRoomForReplies { writer.append(.notice, notice.encode()) }
        }
    }
}

extension SessionMachine.Action {
    fileprivate var verb: String {
        switch self {
        case .resize: "resize"
        case .signal: "signal"
        case .endStdin: "stdin-eof"
        case .hangUpSession: "hangup"
        case .killSession: "kill"
        case .send, .detach, .disconnect, .audit, .close: "session"
        }
    }
}

extension PollSet {
    /// Whether a read would tell something new: bytes, an end or an error.
    fileprivate func isReady(_ slot: Slot) -> Bool { readable(slot) || hungUp(slot) || errored(slot) }

    /// Adds a descriptor that may be closed already.
    fileprivate mutating func addIfOpen(_ fd: borrowing OwnedFD?, read: Bool, write: Bool) -> Slot? {
        switch fd {
        case .some(let fd): add(fd, read: read, write: write)
        case .none: nil
        }
    }
}
