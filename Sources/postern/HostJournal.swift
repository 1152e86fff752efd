import PosternClient
import PosternSystemd
import PosternWire

/// The host's side of the audit: the same session id as in the guest's journal. Where there is no journald,
/// there is no entry, and no complaint.
struct HostJournal {
    /// MESSAGE_ID of the two entries.
    private static let startedID = "7f0c1ab94f1d4a7d8f1f7d8f3f7c0a01"
    private static let endedID = "7f0c1ab94f1d4a7d8f1f7d8f3f7c0a02"

    private let common: [Journal.Field]
    private let target: Target

    init(target: Target, request: OpenRequest) {
        self.target = target
        let command = request.arguments.map { Text.printable($0) }.joined(separator: " ")
        var fields: [Journal.Field] = [
            ("SYSLOG_IDENTIFIER", Array("postern".utf8)),
            ("SESSION_ID", Array(request.session.text.utf8)),
            ("POSTERN_SESSION", Array(request.session.text.utf8)),
            ("POSTERN_TARGET", Array(target.description.utf8)),
            ("POSTERN_COMMAND", Array((command.isEmpty ? "(shell)" : command).utf8)),
        ]
        if let who = request.claimedOperator { fields.append(("POSTERN_CLAIMED_OPERATOR", who)) }
        if let why = request.claimedReason { fields.append(("POSTERN_CLAIMED_REASON", why)) }
        common = fields
    }

    func recordStart() { record(Self.startedID, "Asking \(target) for a session") }

    func recordEnd(_ outcome: Outcome) {
        record(
            Self.endedID, "Session on \(target) ended: \(outcome.summary)",
            [
                ("POSTERN_OUTCOME", Array(outcome.summary.utf8)),
                ("POSTERN_DURATION_USEC", Array(String(outcome.duration).utf8)),
            ])
    }

    private func record(_ id: String, _ message: String, _ fields: [Journal.Field] = []) {
        let text: [Journal.Field] = [
            ("MESSAGE", Array(message.utf8)), ("MESSAGE_ID", Array(id.utf8)), ("PRIORITY", Array("6".utf8)),
        ]
        // A journal that is not there, or does not read, never fails a session.
        Journal.send(text + common + fields)
    }
}
