internal import PosternSys
internal import PosternWire

/// The connection's side of the loop: what the worker sends.
extension ClientLoop {
    /// Takes what has come, as long as the answers to it fit.
    mutating func receive(_ streams: borrowing StandardStreams) {
        if connection.inbox.isEmpty {
            guard connection.isOpen else { return }
            do throws(SysError) {
                switch try connection.fill() {
                case .bytes: lastHeard = clock.now
                case .wouldBlock: return
                case .endOfFile: return disconnect(nil)
                }
            } catch {
                return disconnect(error)
            }
        }
        var position = 0
        do throws(WireError) {
            while connection.sender.hasRoomForReplies {
                let event = try connection.inbox.withReadable { bytes throws(WireError) in
                    try connection.decoder.next(in: bytes, at: &position)
                }
                switch event {
                case .data(let kind, let range): try takeOutput(kind, range)
                case .control(let kind, let payload): try take(kind, payload, streams)
                case nil: return connection.inbox.removeAll()
                }
            }
        } catch {
            breakOff(error)
            return connection.inbox.removeAll()
        }
        connection.inbox.removeFirst(position)
    }

    /// Nothing after this can be believed, so nothing after it is read.
    private mutating func breakOff(_ error: WireError) {
        connection.close()
        end(.broken(error.description))
    }

    // MARK: - Output

    private mutating func takeOutput(_ kind: FrameKind, _ range: Range<Int>) throws(WireError) {
        switch phase {
        case .running where link == .up: break
        // Hung up, or left: whatever was on its way is dropped.
        case .leaving(.hungUp, _), .leaving(.killed, _), .leaving(.outputFailed, _), .leaving(.detached, _),
            .over:
            return
        case .opening, .running, .draining, .leaving: throw .unexpectedFrame(kind)
        }
        if kind == .stderr, hasTerminal { throw .unexpectedFrame(kind) }
        let offset = outputWindow.received
        try outputWindow.receive(range.count)
        var range = range
        if options.stopsAtReplay, let started {
            let shown = started.replay > offset ? min(UInt64(range.count), started.replay - offset) : 0
            range = range.lowerBound..<range.lowerBound + Int(shown)
        }
        if kind == .stdout, filteredUntil > offset {
            let replayed = Int(min(UInt64(range.count), filteredUntil - offset))
            filterOutput(range.lowerBound..<range.lowerBound + replayed)
            range = range.lowerBound + replayed..<range.upperBound
            if outputWindow.received >= filteredUntil { releaseFilter() }
        }
        outputWindow.queue(range.count)
        connection.inbox.withReadable { bytes in
            if kind == .stderr {
                stderr.append(bytes.extracting(range))
            } else {
                stdout.append(bytes.extracting(range))
            }
        }
    }

    private mutating func filterOutput(_ range: Range<Int>) {
        let before = filter.heldCount
        let passing = connection.inbox.withReadable { filter.pass($0.extracting(range)) }
        let dropped = before + range.count - passing.count - filter.heldCount
        stdout.append(passing.span)
        outputWindow.queue(passing.count)
        outputWindow.skip(UInt64(dropped))
    }

    /// The replayed output is over: what looks like the beginning of a question has no end, or has it behind.
    mutating func releaseFilter() {
        let rest = filter.release()
        stdout.append(rest.span)
        outputWindow.queue(rest.count)
        filteredUntil = 0
    }

    private mutating func takeGap(_ gap: Gap) throws(WireError) {
        guard request.isMirror else { throw .unexpectedFrame(.gap) }
        if filteredUntil > 0 {
            let until = filteredUntil
            releaseFilter()
            filteredUntil = until
        }
        let skipped = try outputWindow.jump(to: gap.offset)
        say("\(skipped) bytes were skipped")
    }

    // MARK: - Control

    private mutating func take(
        _ kind: FrameKind, _ payload: [UInt8], _ streams: borrowing StandardStreams
    ) throws(WireError) {
        if link == .asking { return try takeAnswer(kind, payload, streams) }
        switch (phase, kind) {
        case (.running, .error):
            connection.close()
            end(.failed(try ErrorReport(payload)))
        case (.running, .exit): try exit(Exit(payload))
        case (.running, .notice):
            let notice = try Notice(payload)
            if notice.about == "detach" { detaching = .no }
            say("\(notice.about): \(notice.text)")
        case (.running, .window): try input.take(WindowUpdate(payload))
        case (.running, .gap): try takeGap(Gap(payload))
        case (.running, .session):
            guard case .asked = detaching else { throw .unexpectedFrame(kind) }
            _ = try SessionInfo(payload)
            stdout.removeAll()
            stderr.removeAll()
            leave(.detached)
        case (.running, .ping), (.draining, .ping), (.leaving, .ping):
            if case .asked = detaching {} else { connection.sender.append(.pong, payload) }
        case (.running, .pong), (.draining, .pong), (.leaving, .pong): break
        case (.leaving(.exited, _), _), (.opening, _), (.running, _), (.draining, _):
            throw .unexpectedFrame(kind)
        // We leave, and the worker may not have known when it sent this.
        case (.leaving, _), (.over, _): break
        }
    }

    /// What the first frame of a connection is answered by.
    private mutating func takeAnswer(
        _ kind: FrameKind, _ payload: [UInt8], _ streams: borrowing StandardStreams
    ) throws(WireError) {
        switch kind {
        case .started: try start(Started(payload), streams)
        case .error:
            let report = try ErrorReport(payload)
            // A guest, or a session in it, that stands still for a while: the way to it is no better than none.
            if report.isSilent, connections > 1, canReturn {
                return disconnect(SysError(call: "connect", errno: .connectionTimedOut))
            }
            connection.close()
            link = .down
            end(started == nil ? .refused(report) : .failed(report))
        default: throw .unexpectedFrame(kind)
        }
    }

    private mutating func start(_ started: Started, _ streams: borrowing StandardStreams) throws(WireError) {
        if let session = self.started?.session ?? request.session, session != started.session {
            throw .badValue("session", Array(started.session.text.utf8))
        }
        let isFirst = self.started == nil
        var dropped: UInt64 = 0
        if case .attach(let attach) = request, isFirst {
            try outputWindow.begin(at: attach.offset ?? started.offset)
            dropped = try outputWindow.resume(at: started.offset, isAttached: true)
            input.begin(started)
        } else {
            dropped = try outputWindow.resume(at: started.offset, isAttached: !isFirst)
            try input.resume(started)
        }
        link = .up
        unanswered = 0
        upSince = clock.now
        reconnection.succeed()
        showReturn(isBack: true)
        if dropped > 0 { say("\(dropped) bytes of output were dropped while nobody was attached") }
        if isFirst { begin(started, streams) } else if hasTerminal { resize(streams) }
    }

    /// The session is ours for the first time.
    private mutating func begin(_ started: Started, _ streams: borrowing StandardStreams) {
        self.started = started
        phase = .running
        options.onStarted(started)
        if request.isDetached {
            guard started.features.contains(Started.resume) else {
                // It would end with our BYE, and nobody would find it again.
                let text = "the guest's worker keeps no sessions: it cannot be detached"
                return die(.failed(ErrorReport(stage: .unsupported, text: text)))
            }
            return leave(.detached)
        }
        switch request {
        case .open(let open):
            takeTerminal(streams)
            // The user may have resized while the guest was starting the command.
            if let size = streams.size().map(TerminalSize.init), size != open.terminal?.size {
                resize(streams)
            }
        case .attach(let attach):
            hasTerminal = started.tty != nil
            inputIsOpen = started.stdin && options.takesInput && !attach.readOnly
            takeTerminal(streams)
            // Nobody reads what a mirror's terminal would answer but the shell behind it. A writer's terminal
            // answers for the session from here on; what is older somebody else's has answered. (A connection of
            // ours that comes back brings output that no terminal has seen: that one passes.)
            if attach.readOnly, hasTerminal, outputIsTerminal(streams) { filteredUntil = .max }
            if isRaw { filteredUntil = started.replay }
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
