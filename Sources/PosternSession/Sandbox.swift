internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// What a session runs in: made by the unit's prepare helper, on record from before that until the release helper has
/// removed it. The worker releases it; where it cannot, systemd does (`postern-worker cleanup`), and where that could
/// not, the next worker.
struct Sandbox: ~Copyable {
    private let record: CleanupRecord
    private let policy: Policy

    /// Makes it; nil where the unit makes nothing.
    ///
    /// Blocks until the helper has ended. It is killed, and what it has made is released, at its deadline, when the client
    /// leaves, and when the unit is stopped.
    static func prepare(
        _ request: OpenRequest, owner: UInt32, _ policy: Policy, _ socket: borrowing OwnedFD,
        _ signals: borrowing SignalFD, _ audit: inout Audit
    ) throws(ErrorReport) -> Sandbox? {
        guard !policy.release.isEmpty, let parent = policy.cleanupDirectory else { return nil }
        let directory = parent + "/" + policy.template
        let record: CleanupRecord
        do throws(SysError) {
            try Files.makeDirectory(parent, mode: 0o700)
            try Files.makeDirectory(directory, mode: 0o700)
            try sweep(directory, policy, &audit)
            record = try CleanupRecord.make(
                facts(request, owner, policy), at: path(for: request.session, in: directory), in: directory)
        } catch {
            throw ErrorReport(
                stage: .cleanup, errno: error.errno.name,
                text:
                    "cannot put on record what is to be cleaned up, in \(directory): \(error); nothing was made"
            )
        }
        let sandbox = Sandbox(record: record, policy: policy)
        if let why = sandbox.prepare(socket, signals) {
            sandbox.release(&audit)
            throw why
        }
        return sandbox
    }

    /// Returns why it failed.
    private func prepare(_ socket: borrowing OwnedFD, _ signals: borrowing SignalFD) -> ErrorReport? {
        guard !policy.prepare.isEmpty else { return nil }
        do throws(SysError) {
            return try runPrepare(socket, signals)
        } catch {
            return ErrorReport(stage: .prepare, errno: error.errno.name, text: "\(error)")
        }
    }

    private func runPrepare(
        _ socket: borrowing OwnedFD, _ signals: borrowing SignalFD
    ) throws(SysError) -> ErrorReport? {
        var clock = LoopClock()
        var helper = try Helper.start(
            policy.prepare, try environment(), within: policy.helperTimeout, from: clock.now)
        var why: ErrorReport?
        var set = PollSet()
        while true {
            set.reset()
            helper.addAll(to: &set)
            // A client says nothing before it is answered: what can be read is that it leaves.
            let client = why == nil ? set.add(socket, read: true, write: false) : nil
            let signal = why == nil ? set.add(signals.descriptor, read: true, write: false) : nil
            try set.wait(milliseconds: clock.milliseconds(until: helper.deadline))
            clock.turn()
            if let slot = client, set.readable(slot) || set.hungUp(slot) || set.errored(slot) {
                why = ErrorReport(stage: .lost, text: "the client went away before its session was made")
                helper.kill()
            } else if let slot = signal, set.readable(slot), try signals.next() != nil {
                why = ErrorReport(
                    stage: StopReason.ask().stage, text: "the guest is stopping this session's unit")
                helper.kill()
            }
            switch try helper.turn(at: clock.now) {
            case nil: continue
            case _ where why != nil: return why
            case .done: return nil
            case .failed(let text): return ErrorReport(stage: .prepare, text: text)
            }
        }
    }

    // MARK: - Releasing

    /// Starts the release helper. Nil, and the record stays, when that fails.
    func beginRelease(at now: UInt64, _ audit: inout Audit) -> Helper? {
        do throws(SysError) {
            return try Helper.start(
                policy.release, try environment(), within: policy.helperTimeout, from: now)
        } catch {
            audit.record(.notReleased("\(error)"))
            return nil
        }
    }

    /// Once the release helper has ended: nothing is left, or the record stays. Returns why it does.
    consuming func finishRelease(_ end: Helper.End, _ audit: inout Audit) -> String? {
        var why: String?
        switch end {
        case .failed(let text): why = text
        case .done:
            do throws(SysError) { try record.remove() } catch { why = "\(error)" }
        }
        if let why { audit.record(.notReleased(why)) }
        return why
    }

    /// Both at once, blocking until the helper has ended. False when something is left.
    @discardableResult
    consuming func release(_ audit: inout Audit) -> Bool {
        guard var helper = beginRelease(at: 0, &audit) else { return false }
        do throws(SysError) {
            return finishRelease(try helper.wait(), &audit) == nil
        } catch {
            audit.record(.notReleased("\(error)"))
            return false
        }
    }

    /// What a worker left that died: `postern-worker cleanup`, which systemd runs when the unit is over. False when it is
    /// still there.
    static func releaseLeft(_ policy: Policy, _ audit: inout Audit) throws(SysError) -> Bool {
        guard let parent = policy.cleanupDirectory, let name = invocation else { return true }
        return try release(parent + "/" + policy.template + "/" + name, policy, &audit)
    }

    /// What not even that could release: after a power failure, or where a helper failed.
    private static func sweep(
        _ directory: String, _ policy: Policy, _ audit: inout Audit
    ) throws(SysError) {
        for name in try Files.list(directory) { _ = try release(directory + "/" + name, policy, &audit) }
    }

    /// Releases what is on record at `path`, unless its worker lives.
    private static func release(
        _ path: String, _ policy: Policy, _ audit: inout Audit
    ) throws(SysError) -> Bool {
        // One that is empty may just be being made.
        guard let file = try Files.facts(path), file.size > 0 || file.age > 5,
            let record = try CleanupRecord.adopt(path)
        else { return true }
        guard try !record.facts().isEmpty else {
            try record.remove()
            return true
        }
        return Sandbox(record: record, policy: policy).release(&audit)
    }

    // MARK: - Facts

    /// What helpers are told, and the record keeps.
    private static func facts(_ request: OpenRequest, _ owner: UInt32, _ policy: Policy) -> [[UInt8]] {
        var facts: [[UInt8]] = []
        func put(_ key: String, _ value: [UInt8]?) {
            if let value { facts.append(Array("POSTERN_\(key)=".utf8) + value) }
        }
        put("SESSION", Array(request.session.text.utf8))
        put("UNIT", policy.unit.map { Array($0.utf8) })
        put("TEMPLATE", Array(policy.template.utf8))
        put("OWNER", Array(String(owner).utf8))
        put("CONTAINER", request.container)
        put("IMAGE", request.image)
        return facts
    }

    /// The helpers' environment: the facts, those that a helper has added, and what every program needs.
    private func environment() throws(SysError) -> [[UInt8]] {
        let language = Process.environment("LANG") ?? Array("C.UTF-8".utf8)
        return [
            Array("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".utf8),
            Array("LANG=".utf8) + language, Array("POSTERN_RECORD=\(record.path)".utf8),
        ] + (try record.facts())
    }

    /// systemd's id of this run of the unit, which it gives to its ExecStopPost=, too.
    private static var invocation: String? {
        Process.environment("INVOCATION_ID").flatMap { SessionID($0)?.text }
    }

    private static func path(for session: SessionID, in directory: String) -> String {
        directory + "/" + (invocation ?? session.text)
    }
}
