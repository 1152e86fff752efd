import PosternClient
import PosternSys
import PosternWire

/// Connects, runs one session, and keeps the host's journal.
struct ExecRun {
    let target: Target
    let request: OpenRequest
    let escapes: Bool

    func run() -> (Outcome, Started?) {
        var request = request
        while true {
            let (outcome, started) = attempt(request)
            // What was only a wish is asked for once more without: the id stays, so nothing starts twice.
            guard let wish = outcome.unknownWish else { return (outcome, started) }
            switch wish {
            case "operator" where request.claimedOperator != nil: request.claimedOperator = nil
            case "reason" where request.claimedReason != nil: request.claimedReason = nil
            default: return (outcome, started)
            }
        }
    }

    private func attempt(_ request: OpenRequest) -> (Outcome, Started?) {
        let entry = HostJournal(target: target, request: request)
        do {
            let socket = try target.connect()
            var session = try ClientSession.open(request, on: socket, escapes: escapes) { text in
                StandardError.write("\(text)\n")
            }
            entry.record(.started)
            let outcome = session.run()
            entry.record(.ended(outcome))
            return (outcome, session.started)
        } catch {
            return (.broken("\(error)"), nil)
        }
    }
}

extension Outcome {
    /// The wish of ours that the worker does not know.
    fileprivate var unknownWish: String? {
        guard case .failed(let report, wasStarted: false) = self,
            report.stage == ErrorReport.Stage.open.rawValue, let field = report.field,
            OpenRequest.wishes.contains(field), report.text.hasPrefix("unknown field")
        else { return nil }
        return field
    }
}
