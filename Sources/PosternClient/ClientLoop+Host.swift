internal import PosternSys
internal import PosternWire

/// The user's side of the loop: terminal, streams and signals.
extension ClientLoop {
    // MARK: - Streams

    /// Reads one frame of stdin, at most what the worker takes.
    mutating func readInput(_ streams: borrowing StandardStreams) {
        guard case .running = phase, inputIsOpen, sender.takesData, inputWindow.room > 0 else { return }
        do throws(SysError) {
            switch streams.input {
            case .none: return endInput()
            case .some(let stream):
                switch try stream.read(into: &input, atMost: min(Limits.data, inputWindow.room)) {
                case .wouldBlock: return
                case .endOfFile: return endInput()
                case .bytes(let count): inputWindow.send(count)
                }
            }
        } catch {
            say("cannot read stdin: \(error)")
            return endInput()
        }
        var escaped = false
        if watchesEscape, isRaw {
            let now = MonotonicClock.milliseconds()
            escaped = input.withReadable { escapes.sees($0, now: now) }
        }
        sender.append(.stdin, from: &input)
        if escaped { die(.hungUp(nil)) }
    }

    private mutating func endInput() {
        inputIsOpen = false
        sender.append(.stdinEOF)
    }

    /// Writes what our stdout and stderr take, and tells the worker of it.
    mutating func writeOutput(_ streams: borrowing StandardStreams) {
        var name = StandardStreams.Name.output
        do throws(SysError) {
            var written = try stdout.write(to: streams.output)
            name = .error
            if !messages.isEmpty { _ = try messages.write(to: streams.error) }
            written += try stderr.write(to: streams.error)
            outputWindow.consume(written)
        } catch {
            messages.removeAll()
            return die(.outputFailed(name, error))
        }
        if case .running = phase, let update = outputWindow.update() {
            sender.append(.window, update.encode())
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

    private var isRaw: Bool {
        switch terminal {
        case .none: false
        case .some(let terminal): terminal.isRaw
        }
    }

    /// Goes raw where a person types into a terminal of the guest. Without -i nothing typed is sent, and ^C must
    /// stay a signal.
    mutating func takeTerminal(_ streams: borrowing StandardStreams) {
        guard request.terminal != nil, request.stdin else { return }
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

    mutating func resize(_ streams: borrowing StandardStreams) {
        guard case .running = phase, request.terminal != nil, sender.hasRoomForReplies,
            let window = streams.size()
        else { return }
        sender.append(.resize, TerminalSize(window).encode())
    }

    /// INT, TERM, HUP or QUIT: the command's while it runs and the terminal is not raw, ours otherwise.
    private mutating func obey(_ signal: Signal) {
        guard case .running = phase, !isRaw else { return die(.killed(signal)) }
        if insistence.happens(signal, now: MonotonicClock.milliseconds()) {
            die(.hungUp(signal))
        } else if sender.hasRoomForReplies {
            sender.append(.signal, SignalRequest(signal: Array(signal.name.utf8)).encode())
        }
    }
}
