internal import PosternSys
internal import PosternWire

/// The way to the session: losing it, and finding it again.
extension ClientLoop {
    /// Whether a lost connection is not the end. A worker without records must not be asked twice.
    var canReturn: Bool {
        target != nil && request.survives && started.map { $0.features.contains(Started.resume) } ?? true
    }

    private var isUnderWay: Bool {
        switch phase {
        case .opening, .running: true
        case .draining, .leaving, .over: false
        }
    }

    /// Sends this connection's first frame.
    mutating func ask() {
        let window = outputWindow.ask()
        let (kind, payload) =
            if let started {
                request.frame(
                    connection: connections, resuming: started, offset: outputWindow.received, window: window)
            } else {
                request.frame(connection: connections)
            }
        connection.sender.append(kind, payload)
        link = .asking
        unanswered += 1
        lastHeard = clock.now
    }

    /// How long without a word a connection counts as alive, in milliseconds. Each further first frame gets twice the
    /// time: a guest too busy to answer in time would start worker after worker otherwise, and answer none.
    private var silence: UInt64 {
        options.heartbeat.silence << (link == .asking ? min(unanswered - 1, 3) : 0)
    }

    // MARK: - Losing it

    /// The connection is gone.
    mutating func disconnect(_ error: SysError?) {
        connection.close()
        guard isUnderWay, canReturn else {
            link = .down
            return end(.lost(error))
        }
        if case .asked = detaching { detaching = .finishing(shown: 0, until: clock.now) }
        if link == .up || reconnection.until == 0 {
            reconnection.begin(
                now: clock.now, upSince: upSince, span: request.patience(isStarted: started != nil))
        } else {
            reconnection.fail(now: clock.now)
        }
        upSince = nil
        link = .down
    }

    // MARK: - Finding it

    /// What has to happen by itself.
    var linkDeadline: UInt64? {
        guard isUnderWay else { return nil }
        var time: UInt64?
        if link == .up { time = max(lastHeard, lastPing) + options.heartbeat.ping }
        guard canReturn else { return time }
        if link != .down { time = earliest(time, lastHeard + silence) }
        guard reconnection.until > 0, link != .up else { return time }
        time = earliest(time, reconnection.until)
        if !away.isShown { time = earliest(time, reconnection.since + AwayNotice.patience) }
        guard link == .down else { return time }
        return earliest(time, dialDeadline ?? reconnection.next)
    }

    private var dialDeadline: UInt64? {
        switch dial {
        case .none: nil
        case .some(let dial): dial.deadline
        }
    }

    mutating func tick(_ streams: borrowing StandardStreams) {
        guard isUnderWay else { return }
        let now = clock.now
        if canReturn, link != .down, now >= lastHeard + silence {
            disconnect(SysError(call: "recv", errno: .connectionTimedOut))
        } else if link == .up, now >= max(lastHeard, lastPing) + options.heartbeat.ping {
            lastPing = now
            // After DETACH nothing may be sent, and its answer is not long in coming.
            if case .asked = detaching {} else { connection.sender.append(.ping) }
        }
        guard canReturn, link != .up, reconnection.until > 0 else { return }
        if now >= reconnection.until {
            dial = nil
            connection.close()
            link = .down
            return end(.lost(nil))
        }
        if reconnection.hasFailed || now >= reconnection.since + AwayNotice.patience { showAway(streams) }
        guard link == .down else { return }
        if let deadline = dialDeadline {
            if now >= deadline { failDial(nil) }
        } else if now >= reconnection.next {
            beginDial()
        }
    }

    private mutating func beginDial() {
        guard let target else { return }
        reconnection.attempt()
        do throws(ConnectError) {
            dial = try Dial.begin(target, until: clock.now + UInt64(Dialer.patience))
        } catch {
            failDial(error)
        }
    }

    private mutating func failDial(_ error: ConnectError?) {
        dial = nil
        lastFailure = error ?? target.map(ConnectError.silent)
        reconnection.fail(now: clock.now)
    }

    mutating func advanceDial() {
        do throws(ConnectError) {
            guard try dial?.advance() == true, let dial = dial.take() else { return }
            connections += 1
            connection.reopen(dial.finish())
            lastFailure = nil
            ask()
        } catch {
            failDial(error)
        }
    }

    // MARK: - What the user sees of it

    private mutating func showAway(_ streams: borrowing StandardStreams) {
        if !away.isShown {
            let isTerminal =
                switch streams.error {
                case .none: false
                case .some(let stream): stream.isTerminal
                }
            away = AwayNotice(isPainted: hasTerminal && started != nil && isTerminal)
        }
        messages.append(text: away.show(escape: options.watchesEscape && isRaw))
    }

    mutating func showReturn(isBack: Bool) { messages.append(text: away.hide(isBack: isBack)) }
}
