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
        case signal(Signal, SignalRequest.Scope)
        case hangup
        case lost
        case protocolError(WireError)
        case limit(Exit.Cause)
        case stopped(ErrorReport.Stage)
        case exit(Exit)
    }

    private var common: [(key: String, value: [UInt8])] = []
    private var who = ""
    private let commandLog: Policy.CommandLog

    init(peer: Peer?, policy: Policy) {
        commandLog = policy.commandLog
        add("SYSLOG_IDENTIFIER", "postern")
        if let peer {
            add("POSTERN_PEER", peer.text)
            who = " for \(peer.text)"
        }
        if let unit = policy.unit { add("POSTERN_UNIT", unit) }
        // systemd's own fields can be missing for a process that exits at once (systemd#2913).
        if let invocation = Process.environment("INVOCATION_ID") {
            common.append(("POSTERN_INVOCATION_ID", invocation))
        }
    }

    /// From here on entries name the session that was asked for.
    mutating func name(_ request: OpenRequest) {
        add("SESSION_ID", request.session.text)
        add("POSTERN_SESSION", request.session.text)
        add("POSTERN_NAME", request.name)
        add("POSTERN_CLAIMED_OPERATOR", request.claimedOperator)
        add("POSTERN_CLAIMED_REASON", request.claimedReason)
    }

    mutating func name(_ plan: SessionPlan) {
        add("USER_ID", plan.user.name)
        add("POSTERN_CWD", plan.child.workingDirectory)
        switch commandLog {
        case .full: add("POSTERN_COMMAND", Array(plan.command.map(Self.quoted).joined(separator: " ".utf8)))
        case .name: add("POSTERN_COMMAND", plan.command.first)
        case .none: break
        }
        let program = commandLog == .none ? "a command" : Text.printable(plan.command.first ?? [], limit: 128)
        who = " (\(program) as \(plan.user.shownName))" + who
    }

    mutating func record(_ event: Event) {
        var fields: [(key: String, value: [UInt8])] = []
        func put(_ key: String, _ value: String) { fields.append((key, Array(value.utf8))) }
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
            add("LEADER", String(pid))
            if let tty { add("POSTERN_TTY", tty) }
        case .failed(let report):
            // The text may name the command.
            let why = commandLog == .none ? "stage \(report.stage)" : report.text
            (id, name, message, priority) = ("03", "failed", "Session not started\(who): \(why)", 4)
            put("POSTERN_REASON", why)
            put("POSTERN_STAGE", report.stage)
            if let errno = report.errno { put("POSTERN_ERRNO", errno) }
        case .signal(let signal, let scope):
            (id, name, message) = ("04", "signal", "\(signal) sent to the session's \(scope.rawValue)\(who)")
            put("POSTERN_SIGNAL", signal.description)
            put("POSTERN_SCOPE", scope.rawValue)
        case .lost:
            (id, name, message, priority) = ("05", "lost", "Connection lost, ending the session\(who)", 4)
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
        let head: [(key: String, value: [UInt8])] = [
            ("MESSAGE", Array(message.utf8)),
            ("MESSAGE_ID", Array(("3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e" + id).utf8)),
            ("PRIORITY", Array(String(priority).utf8)),
            ("POSTERN_EVENT", Array(name.utf8)),
        ]
        Journal.send(head + common + fields)
    }

    private mutating func add(_ key: String, _ value: [UInt8]?) {
        if let value { common.append((key, value)) }
    }

    private mutating func add(_ key: String, _ value: String) { add(key, Array(value.utf8)) }

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
