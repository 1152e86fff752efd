internal import PosternSys
internal import PosternWire

/// What the writer sends.
extension SessionMachine {
    mutating func takeStdin(_ count: Int, _ now: UInt64) -> [Action] {
        lastHeard = now
        // What crossed the end on its way is nobody's any more.
        guard client == .present, phase != .flushing else { return [] }
        guard !stdinEnded else { return refuse(.unexpectedFrame(.stdin), now) }
        do throws(WireError) { try stdin.receive(count) } catch { return refuse(error, now) }
        wasActive(now)
        return []
    }

    mutating func take(_ kind: FrameKind, _ payload: [UInt8], _ now: UInt64) throws(WireError) -> [Action] {
        if client != .present {
            // Frames that crossed the end on their way.
            return kind == .bye ? depart() : []
        }
        switch kind {
        case .stdinEOF:
            if stdinEnded { return [] }
            stdinEnded = true
            return [.endStdin]
        case .resize:
            let size = try TerminalSize(payload)
            return phase == .running ? [.resize(size)] : []
        case .signal:
            let request = try SignalRequest(payload)
            guard phase == .running else { return [] }
            guard let signal = Signal(request.signal) else {
                let text = "unknown signal '\(Text.printable(request.signal, limit: 64))': nothing was sent"
                return [.send(.notice, Notice(about: "signal", text: text).encode())]
            }
            return [.signal(signal, request.scope), .audit(.signal(signal, request.scope))]
        case .window:
            try output.take(try WindowUpdate(payload), sent: sent)
            return []
        case .ping:
            return [.send(.pong, payload)]
        case .pong:
            return []
        case .hangup:
            client = .dismissed
            dismissedUntil = now + Self.farewell + grace
            isForgotten = true
            cause = cause ?? .hangup
            return [.audit(.hangup)] + end(now)
        case .detach:
            return detach()
        case .bye:
            // BYE before EXIT means nothing; after it, the client has all there was.
            guard phase == .flushing else { throw .unexpectedFrame(kind) }
            return depart()
        case .open, .attach, .list, .order, .stdin, .started, .stdout, .stderr, .exit, .error, .notice,
            .session,
            .gap:
            throw .unexpectedFrame(kind)
        }
    }

    private mutating func detach() -> [Action] {
        guard mayDetach else {
            let text = "this unit keeps no session without its client (--max-linger=0)"
            return [.send(.notice, Notice(about: "detach", text: text).encode())]
        }
        // After EXIT there is nothing to come back to but the result, which is kept.
        isPersistent = true
        client = .detached
        return [.audit(.detached(output: output.consumed, input: stdin.received)), .detach]
            + (phase == .flushing ? close() : [])
    }

    mutating func growWindow() -> [Action] {
        guard client == .present, !stdinEnded, phase == .running, let update = stdin.grant() else {
            return []
        }
        return [.send(.window, update.encode())]
    }

    /// The client has said BYE: it has what there was.
    private mutating func depart() -> [Action] {
        guard phase == .flushing else {
            client = .gone
            return [.disconnect]
        }
        // Who was told ERROR has not seen the result: it stays on record, whenever BYE came.
        if !wasToldError { isForgotten = true }
        return close()
    }
}
