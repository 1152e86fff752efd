import PosternClient
import PosternSys
import PosternSystemd
import PosternWire

/// The host's side of the audit: the same session id as in the guest's journal. Where there is no journald,
/// there is no entry, and no complaint.
struct HostJournal {
    enum Event {
        case started
        case ended(Outcome)
    }

    private let common: [Journal.Field]
    private let target: Target
    private let begun = MonotonicClock.nanoseconds()

    init(target: Target, request: OpenRequest) {
        self.target = target
        let command =
            request.arguments.isEmpty
            ? "(shell)" : request.arguments.map { Text.printable($0) }.joined(separator: " ")
        var fields: [Journal.Field] = [
            ("SYSLOG_IDENTIFIER", Array("postern".utf8)),
            ("SESSION_ID", Array(request.session.text.utf8)),
            ("POSTERN_SESSION", Array(request.session.text.utf8)),
            ("POSTERN_TARGET", Array(target.text.utf8)),
            ("POSTERN_COMMAND", Array(command.utf8)),
        ]
        if let who = request.claimedOperator { fields.append(("POSTERN_CLAIMED_OPERATOR", who)) }
        if let why = request.claimedReason { fields.append(("POSTERN_CLAIMED_REASON", why)) }
        common = fields
    }

    func record(_ event: Event) {
        let id: String
        let message: String
        var fields: [Journal.Field] = []
        switch event {
        case .started:
            id = "7f0c1ab94f1d4a7d8f1f7d8f3f7c0a01"
            message = "Asking \(target.text) for a session"
        case .ended(let outcome):
            id = "7f0c1ab94f1d4a7d8f1f7d8f3f7c0a02"
            message = "Session on \(target.text) ended: \(outcome.summary)"
            fields.append(("POSTERN_OUTCOME", Array(outcome.summary.utf8)))
            let duration = (MonotonicClock.nanoseconds() - begun) / 1000
            fields.append(("POSTERN_DURATION_USEC", Array(String(duration).utf8)))
        }
        fields += [
            ("MESSAGE", Array(message.utf8)), ("MESSAGE_ID", Array(id.utf8)), ("PRIORITY", Array("6".utf8)),
        ]
        Journal.send(fields + common)
    }
}

extension Outcome {
    /// One word for programs, and the number that goes with it.
    var kind: String {
        switch self {
        case .exited: "exited"
        case .failed(_, wasStarted: true): "ended"
        case .failed(_, wasStarted: false): "refused"
        case .lost: "lost"
        case .violated: "protocol-error"
        case .signalled, .hungUp: "hung-up"
        case .outputFailed: "output-failed"
        case .broken: "failed"
        }
    }

    var summary: String {
        switch self {
        case .exited(let exit):
            switch exit.status {
            case .code(let code): "exit \(code)"
            case .signal(let signal): "killed by \(Signal(rawValue: Int32(signal)))"
            }
        case .signalled(let signal): "client ended by \(signal)"
        case .failed, .lost, .violated, .hungUp, .outputFailed, .broken: message ?? kind
        }
    }
}
