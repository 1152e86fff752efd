internal import PosternSys
internal import PosternWire

/// The user's side of the loop: terminal, streams and signals.
extension ClientLoop {
    // MARK: - Streams

    /// How many bytes more may be typed.
    var inputRoom: Int { input.room - (options.detachKeys?.heldCount ?? 0) }

    /// Reads one frame of stdin, at most what the worker takes.
    mutating func readInput(_ streams: borrowing StandardStreams) {
        guard case .running = phase, inputIsOpen, case .no = detaching, connection.sender.takesData,
            inputRoom > 0
        else { return }
        do throws(SysError) {
            switch streams.input {
            case .none: return endInput()
            case .some(let stream):
                switch try stream.read(into: &typed, atMost: min(Limits.data, inputRoom)) {
                case .wouldBlock: return
                case .endOfFile: return endInput()
                case .bytes: break
                }
            }
        } catch {
            say("cannot read stdin: \(error)")
            return endInput()
        }
        guard isRaw else { return input.append(from: &typed) }
        var escaped = false
        if options.watchesEscape {
            let now = clock.now
            escaped = typed.withReadable { escapes.sees($0, now: now) }
        }
        if let (passing, isDetaching) = options.detachKeys?.take(typed.copy()) {
            typed.removeAll()
            input.append(passing)
            if isDetaching {
                detaching = .finishing(shown: outputWindow.received, until: clock.now + Self.farewell)
            }
        } else {
            input.append(from: &typed)
        }
        if escaped {
            sendInput()
            die(.hungUp(nil))
        }
    }

    private mutating func endInput() {
        inputIsOpen = false
        if let rest = options.detachKeys?.release() { input.append(rest) }
        input.finish()
    }

    /// Sends what was read, as far as the worker takes it.
    mutating func sendInput() {
        guard case .running = phase, link == .up else { return }
        if case .asked = detaching { return }
        input.send(over: &connection.sender)
    }

    /// Asks the guest to keep the session, once it has what was typed, and knows what was shown.
    mutating func advanceDetaching() {
        guard case .running = phase, link == .up, case .finishing(let shown, let deadline) = detaching else {
            return
        }
        guard input.isSent && outputWindow.consumed >= shown || clock.now >= deadline else { return }
        if let update = outputWindow.tell() { connection.sender.append(.window, update.encode()) }
        connection.sender.append(.detach)
        detaching = .asked
    }

    /// After DETACH nobody could be told that more was shown: the next client will get it.
    var showsOutput: Bool { if case .asked = detaching { false } else { true } }

    /// Writes what our stdout and stderr take, and tells the worker of it.
    mutating func writeOutput(_ streams: borrowing StandardStreams) {
        var name = StandardStreams.Name.output
        do throws(SysError) {
            var written = showsOutput ? try stdout.write(to: streams.output) : 0
            name = .error
            if !messages.isEmpty { _ = try messages.write(to: streams.error) }
            if showsOutput { written += try stderr.write(to: streams.error) }
            outputWindow.consume(written)
        } catch {
            messages.removeAll()
            return die(.outputFailed(name, error))
        }
        guard case .running = phase, link == .up, showsOutput else { return }
        if let update = outputWindow.update(now: clock.now) {
            connection.sender.append(.window, update.encode())
        }
    }

    /// A line for the user, on stderr, without a wait.
    mutating func say(_ text: String) { messages.append(line: "postern: \(text)", isRaw: isRaw) }

    /// What is said last has a last chance.
    mutating func flushMessages(_ streams: borrowing StandardStreams) {
        // Nobody reads stderr any more: there is nobody to be told.
        _ = try? messages.write(to: streams.error)
    }

    // MARK: - Terminal

    var isRaw: Bool {
        switch terminal {
        case .none: false
        case .some(let terminal): terminal.isRaw
        }
    }

    /// Goes raw where a person types into a terminal of the guest. Without -i nothing typed is sent, and ^C must
    /// stay a signal.
    mutating func takeTerminal(_ streams: borrowing StandardStreams) {
        guard hasTerminal, inputIsOpen else { return }
        do throws(SysError) {
            switch streams.input {
            case .none: return
            case .some(let stream):
                guard stream.isTerminal else { return }
                terminal = try HostTerminal(try stream.descriptor.duplicate())
            }
        } catch {
            say("the terminal cannot be made raw: \(error)")
        }
        enterTerminal()
    }

    private mutating func enterTerminal() {
        do throws(SysError) {
            try terminal?.enter()
        } catch {
            say("the terminal cannot be made raw: \(error)")
        }
    }

    func outputIsTerminal(_ streams: borrowing StandardStreams) -> Bool {
        switch streams.output {
        case .none: false
        case .some(let stream): stream.isTerminal
        }
    }

    mutating func restoreTerminal() {
        do throws(SysError) {
            try terminal?.leave()
        } catch {
            say("the terminal could not be restored, try `stty sane`: \(error)")
        }
    }

    // MARK: - Signals

    mutating func takeSignals(_ streams: borrowing StandardStreams) throws(SysError) {
        while let signal = try nextSignal() {
            switch signal {
            case .winch: resize(streams)
            case .tstp:
                restoreTerminal()
                try Signal.raiseDefault(.tstp)
                resume(streams)
            case .cont: resume(streams)
            default: obey(signal)
            }
        }
    }

    private func nextSignal() throws(SysError) -> Signal? {
        switch signals {
        case .none: nil
        case .some(let signals): try signals.next()?.signal
        }
    }

    private mutating func resume(_ streams: borrowing StandardStreams) {
        guard case .running = phase else { return }
        enterTerminal()
        resize(streams)
    }

    /// The terminal's size, where the session has one and is ours to change.
    mutating func resize(_ streams: borrowing StandardStreams) {
        guard case .running = phase, link == .up, hasTerminal, !request.isMirror,
            connection.sender.hasRoomForReplies, case .no = detaching, let window = streams.size()
        else { return }
        connection.sender.append(.resize, TerminalSize(window).encode())
    }

    /// INT, TERM, HUP or QUIT: the command's while it runs and the terminal is not raw, ours otherwise.
    private mutating func obey(_ signal: Signal) {
        guard case .running = phase, !isRaw, !request.isMirror else { return die(.killed(signal)) }
        if insistence.happens(signal, now: clock.now) { return die(.hungUp(signal)) }
        guard link == .up else {
            // Nobody can be told. What asks politely three times is obeyed, what does not, at once.
            return signal == .int || signal == .quit ? () : die(.killed(signal))
        }
        guard connection.sender.hasRoomForReplies, case .no = detaching else { return }
        connection.sender.append(.signal, SignalRequest(signal: Array(signal.name.utf8)).encode())
    }
}
