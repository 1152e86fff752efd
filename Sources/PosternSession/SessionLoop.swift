internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// Relays one session: the only place in the worker that waits.
///
/// A turn waits for something to be ready, moves as many bytes as can be moved, tells the machine what
/// happened, and does what it answers. Nothing is queued without a cap: stdin by the window the client was
/// granted, output by not reading the child while the outbox is full. The socket is always read, so that a
/// signal or a hang-up is never stuck behind data.
struct SessionLoop: ~Copyable {
    private let socket: OwnedFD
    private let signals: SignalFD
    private var process: SessionProcess
    private var machine: SessionMachine
    private var clock = LoopClock()
    private var watchdog = Watchdog()
    private var audit: Audit
    private let started: UInt64

    private var decoder = FrameDecoder(from: .client)
    private var inbox = ByteQueue(capacity: Limits.data)
    private var input: InputRelay
    private var output: OutputRelay
    private var isDiscarding = false
    /// Set when the child has been reaped.
    private var result: Exit?
    private var settleAt: UInt64?
    private var settleAttempts = 0
    private let unitIsOurs: Bool

    static let stdinWindow = 128 * 1024

    init(
        _ plan: SessionPlan, _ process: consuming SessionProcess, socket: consuming OwnedFD,
        signals: consuming SignalFD, audit: Audit, policy: Policy
    ) {
        started = MonotonicClock.nanoseconds()
        machine = SessionMachine(
            request: plan.request, stdinWindow: Self.stdinWindow, grace: policy.grace * 1_000_000_000,
            timeout: plan.timeout, idle: plan.idle, now: clock.now)
        input = InputRelay(
            capacity: Self.stdinWindow, holdUntil: plan.holdInput > 0 ? clock.now + plan.holdInput : nil)
        output = OutputRelay(hasErrors: plan.request.terminal == nil)
        self.process = process
        self.socket = socket
        self.signals = signals
        self.audit = audit
        unitIsOurs = policy.unit != nil
        let hello = Started(
            session: plan.request.session, pid: UInt64(self.process.child.pid),
            tty: self.process.terminalName, limit: UInt64(Self.stdinWindow))
        output.append(.started, hello.encode())
    }

    /// Runs the session to its end. What is returned is also what the client was told, if it was there.
    mutating func run() throws(SysError) -> Exit {
        send()
        while !machine.isClosed {
            let ready = try wait()
            clock.turn()
            if ready.signal { try takeSignals() }
            if ready.socket || !inbox.isEmpty { receive() }
            writeInput()
            if ready.output { readOutput() }
            if ready.child { childExited() }
            while machine.childHasExited, canRead, !output.isDrained { readOutput() }
            if machine.childHasExited, result == nil, output.isDrained, clock.now >= settleAt ?? 0 {
                try settle()
            }
            handle(.tick)
            send()
            if result != nil, output.isEmpty { handle(.flushed) }
            watchdog.feed()
        }
        // systemd holds a duplicate of the connection until the unit is dead: only shutdown ends it now.
        Sockets.shutdownBoth(socket)
        // Closed means drained, and drained means reaped.
        return result ?? Exit(status: .code(255))
    }

    // MARK: - Waiting

    private struct Ready {
        var signal = false
        var socket = false
        var child = false
        var output = false
    }

    /// Whether output has somewhere to go.
    private var canRead: Bool { isDiscarding || (output.takesData && machine.outputRoom > 0) }

    private mutating func wait() throws(SysError) -> Ready {
        var set = PollSet()
        let signalSlot = set.add(signals.descriptor, read: true, write: false)
        // Room for the replies to what comes in; a client that asks and never reads is not read either.
        let listens = machine.isListening && output.hasRoomForReplies
        let socketSlot =
            machine.isListening ? set.add(socket, read: listens, write: !output.isEmpty) : nil
        let childSlot = machine.childHasExited ? nil : set.add(process.child.pidfd, read: true, write: false)
        if input.wantsToWrite(at: clock.now) { _ = set.addIfOpen(process.input, read: false, write: true) }
        let readsOutput = canRead && output.reads(.stdout)
        let outputSlot = readsOutput ? set.addIfOpen(process.output, read: true, write: false) : nil
        let readsErrors = canRead && output.reads(.stderr)
        let errorSlot = readsErrors ? set.addIfOpen(process.errors, read: true, write: false) : nil
        try set.wait(milliseconds: hasWork ? 0 : patience)
        var ready = Ready()
        ready.signal = set.readable(signalSlot)
        if let slot = socketSlot {
            ready.socket = (listens && set.readable(slot)) || set.hungUp(slot) || set.errored(slot)
        }
        if let slot = childSlot { ready.child = set.readable(slot) }
        if let slot = outputSlot { ready.output = set.isReady(slot) }
        if let slot = errorSlot, set.isReady(slot) { ready.output = true }
        return ready
    }

    /// Whether there is something to do that no descriptor would tell of: frames that were left for want of
    /// room, and, after the child's exit, output in a pipe that a grandchild keeps open.
    private var hasWork: Bool {
        (machine.isListening && !inbox.isEmpty && output.hasRoomForReplies)
            || (machine.childHasExited && canRead && !output.isDrained)
    }

    /// How long the loop may wait, in milliseconds.
    private var patience: Int? {
        let deadline = earliest(earliest(machine.deadline, input.deadline), settleAt)
        return earliest(clock.milliseconds(until: deadline), watchdog.milliseconds)
    }

    private mutating func takeSignals() throws(SysError) {
        while let info = try signals.next() {
            switch info.signal {
            case .term, .int, .hup:
                handle(.terminate(unitIsOurs ? StopReason.ask().stage : .stop))
            default: break
            }
        }
    }

    // MARK: - Moving bytes

    /// Takes what the client sent, as long as there is room for the answers.
    private mutating func receive() {
        if inbox.isEmpty {
            do throws(SysError) {
                switch try inbox.fillSocket(from: socket) {
                case .bytes: break
                case .wouldBlock: return
                case .endOfFile: return handle(.connectionLost)
                }
            } catch {
                return handle(.connectionLost)
            }
        }
        var position = 0
        while machine.isListening, output.hasRoomForReplies {
            do throws(WireError) {
                let event = try inbox.withReadable { bytes throws(WireError) in
                    try decoder.next(in: bytes, at: &position)
                }
                switch event {
                case .data(_, let range): takeInput(range)
                case .control(let kind, let payload): handle(.control(kind, payload))
                case nil: return inbox.removeAll()
                }
            } catch {
                // Nothing after this can be decoded; what the peer still sends is thrown away.
                handle(.malformed(error))
                decoder = FrameDecoder(from: .client)
                return inbox.removeAll()
            }
        }
        inbox.removeFirst(position)
    }

    private mutating func takeInput(_ range: Range<Int>) {
        let before = machine.acceptsInput
        handle(.stdin(range.count))
        guard before, machine.acceptsInput else { return }
        let consumed = inbox.withReadable { bytes in
            input.take(bytes.extracting(range), holdable: process.isTerminal, at: clock.now)
        }
        if consumed > 0 { handle(.stdinConsumed(consumed)) }
    }

    private mutating func writeInput() {
        let consumed = input.write(to: &process, at: clock.now)
        if consumed > 0 { handle(.stdinConsumed(consumed)) }
    }

    private mutating func readOutput() {
        if isDiscarding {
            output.discard(from: &process)
            return
        }
        // Each source once a turn: neither stdout nor stderr can starve the other, or the socket.
        for kind in [FrameKind.stdout, .stderr] where machine.outputRoom > 0 {
            let count = output.read(kind, from: &process, room: machine.outputRoom)
            if count > 0 {
                input.release()
                handle(.outputRead(count))
            }
        }
    }

    private mutating func send() {
        guard machine.isListening else { return output.dropQueued() }
        do throws(SysError) {
            try output.send(to: socket)
        } catch {
            // Whatever went wrong, nothing more can be sent; queued frames go with it.
            output.dropQueued()
            handle(.connectionLost)
        }
    }

    // MARK: - The end

    private mutating func childExited() {
        output.bound(by: process)
        handle(.childExited)
    }

    /// Reaps the child: last, so that its process group's id stayed ours.
    private mutating func settle() throws(SysError) {
        guard try process.child.hasExited() else { return waitForTracer() }
        var exit: Exit
        do throws(SysError) {
            exit = Exit(try process.child.reap())
        } catch {
            // Somebody else reaped our child: its status is lost, and saying "0" would be a lie.
            exit = Exit(status: .code(255))
        }
        exit.outOfMemory = process.cgroup.ranOutOfMemory
        exit.peakMemory = process.cgroup.peakMemory ?? exit.peakMemory
        exit.wallTime = (MonotonicClock.nanoseconds() - started) / 1000
        exit.cause = machine.cause
        exit.stdin = input.written
        exit.stdout = output.total(.stdout)
        exit.stderr = output.total(.stderr)
        result = exit
        audit.record(.exit(exit))
        handle(.outputDrained)
    }

    /// The child is dead, but somebody traces it, and a traced zombie is its tracer's before it is ours. Nothing
    /// tells when that ends. A tracer in the session itself has a second.
    private mutating func waitForTracer() {
        settleAttempts += 1
        settleAt = clock.now + 50_000_000
        if settleAttempts == 20 { perform(.killSession) }
    }

    // MARK: - Doing what the machine says

    private mutating func handle(_ event: SessionMachine.Event) {
        for action in machine.handle(event, now: clock.now) { perform(action) }
    }

    private mutating func perform(_ action: SessionMachine.Action) {
        do throws(SysError) {
            switch action {
            case .resize(let size): try process.resize(size.usable)
            case .signal(let signal, let scope): try process.signal(signal, scope)
            case .endStdin: input.end()
            case .send(let kind, let payload): output.append(kind, payload)
            case .hangUpSession:
                input.release()
                try process.signal(.hup, .all)
                try process.signal(.cont, .all)
            case .killSession: try process.kill()
            case .discardOutput: isDiscarding = true
            case .sendExit:
                if let result { output.append(.exit, result.encode()) }
            case .audit(let event): audit.record(event)
            case .close: break
            }
        } catch {
            // A signal or a resize that the kernel refuses harms nobody; the client asked, so it is told.
            let notice = Notice(about: "\(action.verb)", text: "\(action.verb): \(error)")
            if machine.isListening, output.hasRoomForReplies { output.append(.notice, notice.encode()) }
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
        case .send, .discardOutput, .sendExit, .audit, .close: "session"
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

extension Exit {
    init(_ status: ExitStatus) {
        switch status.outcome {
        case .code(let code): self.init(status: .code(code))
        case .signal(let signal): self.init(status: .signal(signal))
        }
        coreDumped = status.coreDumped
        cpuTime = status.cpuMicroseconds
        peakMemory = status.maxResidentBytes
    }
}
