internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// The end of a session: its child's, its record's, and its loop's.
extension SessionLoop {
    mutating func childExited() {
        output.bound(by: process)
        handle(.childExited)
    }

    /// Reaps the child: last, so that its process group's id stayed ours.
    mutating func settle() throws(SysError) {
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
        exit.wallTime = (MonotonicClock.nanoseconds() - began) / 1000
        exit.cause = machine.cause
        exit.stdin = input.written
        exit.stdout = output.total(.stdout)
        exit.stderr = output.total(.stderr)
        result = exit
        audit.record(.exit(exit))
        endSandbox()
    }

    /// The client is told of the end when nothing is left of what the session ran in.
    private mutating func endSandbox() {
        guard hasSandbox else { return handle(.reaped) }
        Notify.send("STATUS=Cleaning up")
        perform(.killSession)
        (settleAttempts, settleAt) = (0, clock.now)
    }

    private var hasSandbox: Bool {
        switch sandbox {
        case .some: true
        case .none: false
        }
    }

    /// It is removed when nothing of the session runs in it any more; what does not die of being killed is waited for
    /// for a second.
    private mutating func beginRelease() {
        guard !process.cgroup.isPopulated || settleAttempts == 1000 else {
            settleAttempts += 1
            settleAt = clock.now + 1_000_000
            return
        }
        settleAt = nil
        let now = clock.now
        var helper: Helper?
        switch sandbox {
        case .some(let sandbox): helper = sandbox.beginRelease(at: now, &audit)
        case .none: break
        }
        guard let helper else { return handle(.reaped) }
        releasing = consume helper
    }

    mutating func advanceRelease() throws(SysError) {
        if result != nil, let at = settleAt, clock.now >= at { beginRelease() }
        guard let end = try releasing?.turn(at: clock.now) else { return }
        releasing = nil
        if let why = sandbox.take()?.finishRelease(end, &audit), let writer, writer.hasRoomForReplies {
            let notice = Notice(
                about: "cleanup", text: "what the session ran in is not cleaned up yet: \(why)")
            writer.append(.notice, notice.encode())
        }
        handle(.reaped)
    }

    /// The child is dead, but somebody traces it, and a traced zombie is its tracer's before it is ours. Nothing
    /// tells when that ends. A tracer in the session itself has a second.
    mutating func waitForTracer() {
        settleAttempts += 1
        settleAt = clock.now + 50_000_000
        if settleAttempts == 20 { perform(.killSession) }
    }

    /// Leaves the record as it shall be, and sees those off who still read.
    mutating func leave() throws(SysError) {
        if keeps { keepRecord() }
        if machine.cause != .shutdown, machine.cause != .reboot { history?.forget(plan.request.session) }
        place = nil
        door = nil
        // systemd holds a duplicate of the connection until the unit is dead: only shutdown ends it now.
        writer?.shutdown()
        writer = nil
        let deadline = clock.now + SessionMachine.farewell
        while !observers.isEmpty, clock.now < deadline {
            serveObservers()
            set.reset()
            observers.addAll(to: &set, log)
            try set.wait(milliseconds: earliest(clock.milliseconds(until: deadline), observers.rest))
            clock.turn()
        }
    }

    /// Leaves the session among the ended ones, with the output that nobody has consumed.
    mutating func keepRecord() {
        var record = plan.record(news())
        record.received = machine.stdin.received
        record.consumed = machine.output.consumed
        let from = max(machine.output.consumed, log.start)
        record.info.start = from
        record.output = log.frames(from: from)
        switch place {
        case .none: return
        case .some(let place):
            do throws(SysError) {
                try place.registry.keep(record)
            } catch {
                // A full disk: the result is in the journal, and only there.
                audit.record(.notKept("\(error)"))
            }
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
