internal import PosternSys
internal import PosternWire

/// The connection's side of the loop: what the worker sends.
extension ClientLoop {
    /// Takes what has come, as long as the answers to it fit.
    mutating func receive(_ streams: borrowing StandardStreams) {
        if inbox.isEmpty {
            guard isConnected else { return }
            do throws(SysError) {
                switch try inbox.fillSocket(from: socket) {
                case .bytes: break
                case .wouldBlock: return
                case .endOfFile: return disconnect(nil)
                }
            } catch {
                return disconnect(error)
            }
        }
        var position = 0
        do throws(WireError) {
            while sender.hasRoomForReplies {
                let event = try inbox.withReadable { bytes throws(WireError) in
                    try decoder.next(in: bytes, at: &position)
                }
                switch event {
                case .data(let kind, let range): try takeOutput(kind, range)
                case .control(let kind, let payload): try take(kind, payload, streams)
                case nil: return inbox.removeAll()
                }
            }
        } catch {
            breakOff(error)
            return inbox.removeAll()
        }
        inbox.removeFirst(position)
    }

    /// Nothing after this can be believed, so nothing after it is read.
    private mutating func breakOff(_ error: WireError) {
        isConnected = false
        sender.removeAll()
        Sockets.shutdownBoth(socket)
        end(.broken(error.description))
    }

    private mutating func takeOutput(_ kind: FrameKind, _ range: Range<Int>) throws(WireError) {
        switch phase {
        case .running: break
        // Hung up: whatever was on its way is dropped.
        case .leaving(.hungUp, _), .leaving(.killed, _), .leaving(.outputFailed, _), .over: return
        case .opening, .draining, .leaving: throw .unexpectedFrame(kind)
        }
        try outputWindow.receive(range.count)
        if kind == .stderr, request.terminal != nil { throw .unexpectedFrame(kind) }
        inbox.withReadable { bytes in
            if kind == .stderr {
                stderr.append(bytes.extracting(range))
            } else {
                stdout.append(bytes.extracting(range))
            }
        }
    }

    private mutating func take(
        _ kind: FrameKind, _ payload: [UInt8], _ streams: borrowing StandardStreams
    ) throws(WireError) {
        switch (phase, kind) {
        case (.opening, .started): try start(Started(payload), streams)
        case (.opening, .error):
            isConnected = false
            end(.refused(try ErrorReport(payload)))
        case (.running, .error):
            isConnected = false
            end(.failed(try ErrorReport(payload)))
        case (.running, .exit): try exit(Exit(payload))
        case (.running, .notice):
            let notice = try Notice(payload)
            say("\(notice.about): \(notice.text)")
        case (.running, .window): try inputWindow.take(WindowUpdate(payload))
        case (.running, .ping), (.draining, .ping), (.leaving, .ping): sender.append(.pong, payload)
        case (.running, .pong), (.draining, .pong), (.leaving, .pong): break
        case (.leaving(.exited, _), _), (.opening, _), (.running, _), (.draining, _):
            throw .unexpectedFrame(kind)
        // We hang up, and the worker may not have known when it sent this.
        case (.leaving, _), (.over, _): break
        }
    }

    private mutating func start(_ started: Started, _ streams: borrowing StandardStreams) throws(WireError) {
        guard started.session == request.session else {
            throw .badValue("session", Array(started.session.text.utf8))
        }
        self.started = started
        inputWindow = InputWindow(limit: started.limit)
        phase = .running
        onStarted(started)
        takeTerminal(streams)
        // The user may have resized while the guest was starting the command.
        if let size = streams.size().map(TerminalSize.init), size != request.terminal?.size {
            resize(streams)
        }
    }

    private mutating func exit(_ exit: Exit) throws(WireError) {
        let (total, overflow) = exit.stdout.addingReportingOverflow(exit.stderr)
        // A hung-up session's output is dropped in the guest; all other output must have come.
        if exit.cause == nil, overflow || total != outputWindow.received {
            throw .badValue("stdout", Array("\(exit.stdout) + \(exit.stderr)".utf8))
        }
        end(.exited(exit))
    }
}
