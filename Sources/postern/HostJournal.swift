import PosternClient
import PosternSystemd
import PosternWire

/// The host's side of the audit: the same session id as in the guest's journal. Where there is no journald,
/// there is no entry, and no complaint.
struct HostJournal {
    /// MESSAGE_ID of the two entries.
    private static let startedID = "7f0c1ab94f1d4a7d8f1f7d8f3f7c0a01"
    private static let endedID = "7f0c1ab94f1d4a7d8f1f7d8f3f7c0a02"

    private var common = JournalEntry()
    private let target: Target

    init(target: Target, request: OpenRequest) {
        self.target = target
        let command = request.arguments.map { Text.printable($0) }.joined(separator: " ")
        common.put("SYSLOG_IDENTIFIER", "postern")
        common.put("SESSION_ID", request.session.text)
        common.put("POSTERN_SESSION", request.session.text)
        common.put("POSTERN_TARGET", target.description)
        common.put("POSTERN_COMMAND", command.isEmpty ? "(shell)" : command)
        common.put("POSTERN_CONTAINER", request.container)
        common.put("POSTERN_IMAGE", request.image)
        common.put("POSTERN_CLAIMED_OPERATOR", request.claimedOperator)
        common.put("POSTERN_CLAIMED_REASON", request.claimedReason)
    }

    func recordStart() { record(Self.startedID, "Asking \(target) for a session", common) }

    func recordEnd(_ outcome: Outcome) {
        var entry = common
        entry.put("POSTERN_OUTCOME", outcome.summary)
        entry.put("POSTERN_DURATION_USEC", String(outcome.duration))
        record(Self.endedID, "Session on \(target) ended: \(outcome.summary)", entry)
    }

    private func record(_ id: String, _ message: String, _ fields: JournalEntry) {
        var entry = fields
        entry.put("MESSAGE", message)
        entry.put("MESSAGE_ID", id)
        entry.put("PRIORITY", "6")
        // A journal that is not there, or does not read, never fails a session.
        Journal.send(entry)
    }
}
