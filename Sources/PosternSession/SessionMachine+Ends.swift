internal import PosternWire

/// The ways in which a session, or its writer, goes.
extension SessionMachine {
    /// Hangs the whole session up, once; the grace later it is killed.
    mutating func end(_ now: UInt64) -> [Action] {
        guard !isEnding else { return [] }
        isEnding = true
        // A child that has exited is drained and sent as ever; what it left behind is not waited for. Once it
        // is reaped its ids are somebody else's, and what is left is systemd's.
        guard phase == .running else { return phase == .draining ? [.killSession] : [] }
        killAt = now + grace
        return [.hangUpSession]
    }

    /// Tells a client that is still there why its session ends without EXIT.
    private mutating func dismiss(_ report: ErrorReport, _ now: UInt64) -> [Action] {
        guard client == .present else { return [] }
        client = .dismissed
        wasToldError = true
        dismissedUntil = now + Self.farewell + grace
        return [.send(.error, report.encode())]
    }

    mutating func refuse(_ error: WireError, _ now: UInt64) -> [Action] {
        // EXIT was the last word.
        guard client == .present, phase != .flushing else { return lose(now) }
        let report = ErrorReport(stage: .protocol, field: error.field, text: error.description)
        return [.audit(.protocolError(error))] + dismiss(report, now) + end(now)
    }

    mutating func lose(_ now: UInt64) -> [Action] {
        guard isListening else { return [] }
        let wasPresent = client == .present
        client = .gone
        let (taken, held) = (output.consumed, stdin.received)
        func lost(lingers: Bool) -> [Action] {
            [.audit(.lost(lingers: lingers, output: taken, input: held)), .disconnect]
        }
        guard wasPresent else { return [.disconnect] + (phase == .flushing ? close() : end(now)) }
        if phase == .flushing { return lost(lingers: false) + close() }
        if isPersistent, !isEnding {
            client = .detached
        } else if linger > 0, !isEnding {
            client = .away(until: now + linger)
        } else {
            if phase == .running { cause = cause ?? .lost }
            return lost(lingers: false) + end(now)
        }
        return lost(lingers: true)
    }

    mutating func stop(_ stage: ErrorReport.Stage, _ now: UInt64) -> [Action] {
        let text: String
        switch stage {
        case .reboot: (cause, text) = (cause ?? .reboot, "the guest is rebooting")
        case .shutdown: (cause, text) = (cause ?? .shutdown, "the guest is shutting down")
        default: (cause, text) = (cause ?? .stop, "the session's unit was stopped in the guest")
        }
        // Once EXIT is out the client has what it came for: only its BYE is not waited for any longer.
        if phase == .flushing { return close() }
        waitNoLonger()
        return [.audit(.stopped(stage))] + dismiss(ErrorReport(stage: stage, text: text), now) + end(now)
    }

    /// Whoever is away finds the record. Waiting for it would hold up the drain of a full log, and with it the end,
    /// for as long as the session lingers.
    mutating func waitNoLonger() {
        if case .away = client { client = .gone }
    }

    mutating func close() -> [Action] {
        guard phase == .flushing else {
            client = .gone
            return []
        }
        phase = .closed
        return [.close(keep: !isForgotten)]
    }
}
