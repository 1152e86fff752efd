package import PosternSys
package import PosternWire
internal import PosternSystemd

/// The session's life in the journal: one entry an event, each standing alone. Never the session's bytes,
/// never values of its environment. Fields and catalogue: systemd/postern.catalog.
package struct Audit {
    package enum Event: Equatable {
        case refused(String)
        case started(pid: Int32, tty: String?)
        case failed(ErrorReport)
        /// Somebody asked for a session that there is, or was, and did not get it.
        case notServed(ErrorReport)
        case signal(Signal, SignalRequest.Scope)
        case hangup
        /// The writer's connection is gone. Offsets: what it had consumed, and what it had sent.
        case lost(lingers: Bool, output: UInt64, input: UInt64)
        /// It did not come back in time.
        case expired
        case attached(Place)
        case resumed(Place)
        case takenOver(Place)
        case mirror(Place)
        case detached(output: UInt64, input: UInt64)
        /// Somebody sent a signal without attaching.
        case ordered(Signal, SignalRequest.Scope, by: String)
        case removed(by: String)
        /// The result of an ended session was taken, or forgotten by somebody's wish.
        case collected(Place)
        /// Nobody can come to the session, or find its result.
        case noDoor(String)
        case notKept(String)
        /// What the session ran in may still be there.
        case notReleased(String)
        case protocolError(WireError)
        case limit(Exit.Cause)
        case stopped(ErrorReport.Stage)
        case exit(Exit)
    }

    /// Who came, and at which offsets its output and input go on.
    package struct Place: Equatable {
        var by: String
        var output: UInt64
        var input: UInt64
    }

    private var common = JournalEntry()
    private var who = ""
    /// The writer, once it is another connection than the one the session was opened on.
    package var writer: String?
    private let commandLog: Policy.CommandLog

    init(peer: Peer?, policy: Policy) {
        commandLog = policy.commandLog
        common.put("SYSLOG_IDENTIFIER", "postern")
        if let peer {
            common.put("POSTERN_PEER", peer.text)
            who = " for \(peer.text)"
        }
        if let unit = policy.unit { common.put("POSTERN_UNIT", unit) }
        // systemd's own fields can be missing for a process that exits at once (systemd#2913).
        if let invocation = Process.environment("INVOCATION_ID") {
            common.put("POSTERN_INVOCATION_ID", invocation)
        }
    }

    /// From here on entries name the session that was asked for.
    mutating func name(_ request: OpenRequest) {
        common.put("SESSION_ID", request.session.text)
        common.put("POSTERN_SESSION", request.session.text)
        common.put("POSTERN_NAME", request.name)
        common.put("POSTERN_CONTAINER", request.container)
        common.put("POSTERN_IMAGE", request.image)
        common.put("POSTERN_CLAIMED_OPERATOR", request.claimedOperator)
        common.put("POSTERN_CLAIMED_REASON", request.claimedReason)
    }

    /// For entries about a session that has ended.
    mutating func name(_ record: Record) {
        let info = record.info
        common.put("SESSION_ID", info.session.text)
        common.put("POSTERN_SESSION", info.session.text)
        common.put("POSTERN_NAME", info.name)
        common.put("USER_ID", info.user)
        who = " (session \(info.session.text))" + who
    }

    mutating func name(_ plan: SessionPlan) {
        common.put("USER_ID", plan.user.name)
        common.put("POSTERN_CWD", plan.child.workingDirectory)
        switch commandLog {
        case .full:
            common.put("POSTERN_COMMAND", Array(plan.command.map(Self.quoted).joined(separator: " ".utf8)))
        case .name: common.put("POSTERN_COMMAND", plan.command.first)
        case .none: break
        }
        let program = commandLog == .none ? "a command" : Text.printable(plan.command.first ?? [], limit: 128)
        who = " (\(program) as \(plan.user.shownName))" + who
    }

    mutating func record(_ event: Event) {
        var fields = JournalEntry()
        // Who did it.
        var agent = writer
        func put(_ key: String, _ value: String) { fields.put(key, value) }
        func put(_ place: Place) {
            agent = place.by
            put("POSTERN_OUTPUT_OFFSET", String(place.output))
            put("POSTERN_INPUT_OFFSET", String(place.input))
        }
        let id: String
        let name: String
        let message: String
        var priority = 6
        switch event {
        case .refused(let why):
            (id, name, message, priority) = ("02", "refused", "Refused\(who): \(why)", 4)
            put("POSTERN_REASON", why)
        case .started(let pid, let tty):
            (id, name, message, priority) = ("01", "started", "Session started\(who)", 5)
            common.put("LEADER", String(pid))
            if let tty { common.put("POSTERN_TTY", tty) }
        case .failed(let report):
            // The text may name the command.
            let why = commandLog == .none ? "stage \(report.stage)" : report.text
            (id, name, message, priority) = ("03", "failed", "Session not started\(who): \(why)", 4)
            put("POSTERN_REASON", why)
            put("POSTERN_STAGE", report.stage)
            if let errno = report.errno { put("POSTERN_ERRNO", errno) }
        case .notServed(let report):
            (id, name, message) = ("15", "not-served", "Not served\(who): \(report.text)")
            put("POSTERN_REASON", report.text)
            put("POSTERN_STAGE", report.stage)
        case .signal(let signal, let scope):
            (id, name, message) = ("04", "signal", "\(signal) sent to the session's \(scope.rawValue)\(who)")
            put("POSTERN_SIGNAL", signal.description)
            put("POSTERN_SCOPE", scope.rawValue)
        case .lost(let lingers, let output, let input):
            let then = lingers ? "the session waits for its client" : "ending the session"
            (id, name, message, priority) = ("05", "lost", "Connection lost, \(then)\(who)", 4)
            put("POSTERN_OUTPUT_OFFSET", String(output))
            put("POSTERN_INPUT_OFFSET", String(input))
        case .expired:
            (id, name, message, priority) = (
                "0b", "expired", "The client did not come back in time, ending the session\(who)", 4
            )
        case .attached(let place):
            (id, name, message, priority) = ("0c", "attach", "\(place.by) has attached\(who)", 5)
            put(place)
        case .resumed(let place):
            (id, name, message, priority) = ("0d", "resumed", "\(place.by) is back\(who)", 5)
            put(place)
        case .takenOver(let place):
            (id, name, message, priority) = (
                "0e", "take-over", "\(place.by) has taken the session over\(who)", 5
            )
            put(place)
        case .mirror(let place):
            (id, name, message, priority) = ("0f", "mirror", "\(place.by) watches\(who)", 5)
            put(place)
        case .detached(let output, let input):
            (id, name, message, priority) = ("10", "detach", "The client has detached\(who)", 5)
            put("POSTERN_OUTPUT_OFFSET", String(output))
            put("POSTERN_INPUT_OFFSET", String(input))
        case .ordered(let signal, let scope, let by):
            (id, name, message) = (
                "04", "signal", "\(signal) sent to the session's \(scope.rawValue) by \(by)\(who)"
            )
            put("POSTERN_SIGNAL", signal.description)
            put("POSTERN_SCOPE", scope.rawValue)
            agent = by
        case .removed(let by):
            (id, name, message, priority) = (
                "11", "removed", "Ending and forgetting the session for \(by)\(who)", 5
            )
            agent = by
        case .collected(let place):
            (id, name, message, priority) = (
                "12", "collected", "The session's result was taken by \(place.by)\(who)", 5
            )
            put(place)
        case .noDoor(let why):
            (id, name, message, priority) = (
                "13", "no-door", "Nobody can attach to the session\(who): \(why)", 4
            )
            put("POSTERN_REASON", why)
        case .notKept(let why):
            (id, name, message, priority) = (
                "14", "not-kept", "The session's result is not kept\(who): \(why)", 4
            )
            put("POSTERN_REASON", why)
        case .notReleased(let why):
            (id, name, message, priority) = (
                "16", "not-released", "What the session ran in is not cleaned up\(who): \(why)", 3
            )
            put("POSTERN_REASON", why)
        case .exit(let exit):
            (id, name, message, priority) = ("06", "exit", "Session ended, \(exit.outcome)\(who)", 5)
            put("POSTERN_OUTCOME", exit.outcome)
            put("POSTERN_STDIN_BYTES", String(exit.stdin))
            put("POSTERN_STDOUT_BYTES", String(exit.stdout))
            put("POSTERN_STDERR_BYTES", String(exit.stderr))
            put("POSTERN_DURATION_USEC", String(exit.wallTime))
        case .hangup:
            (id, name, message) = ("07", "hangup", "Client hung up, ending the session\(who)")
        case .protocolError(let error):
            (id, name, message, priority) = ("08", "protocol", "Protocol error\(who): \(error)", 4)
            put("POSTERN_REASON", error.description)
        case .limit(let cause):
            (id, name, message, priority) = (
                "09", "limit", "Session's \(cause.rawValue) limit reached\(who)", 5
            )
            put("POSTERN_REASON", cause.rawValue)
        case .stopped(let stage):
            (id, name, message, priority) = (
                "0a", "stopped", "Ending the session for systemd (\(stage.rawValue))\(who)", 5
            )
            put("POSTERN_REASON", stage.rawValue)
        }
        fields.put("MESSAGE", message)
        fields.put("MESSAGE_ID", "3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e" + id)
        fields.put("PRIORITY", String(priority))
        fields.put("POSTERN_EVENT", name)
        fields.put("POSTERN_BY", agent)
        fields.put(common)
        Journal.send(fields)
    }

    /// An argument as a shell would need it, so that the entry says where one ends.
    private static func quoted(_ argument: [UInt8]) -> [UInt8] {
        let plain =
            !argument.isEmpty
            && argument.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "%+,-./:=@_".utf8.contains(byte)
                }
            }
        guard !plain else { return argument }
        let quote = UInt8(ascii: "'")
        return [quote] + argument.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
    }
}

extension Exit {
    /// In words: `exit 3`, `killed by SIGTERM (timeout)`.
    var outcome: String {
        var text =
            switch status {
            case .code(let code): "exit \(code)"
            case .signal(let signal): "killed by \(Signal(rawValue: Int32(signal)))"
            }
        if coreDumped { text += ", core dumped" }
        if outOfMemory { text += ", out of memory" }
        if let cause { text += " (\(cause.rawValue))" }
        return text
    }
}
