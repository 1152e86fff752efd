package import PosternWire

/// Who may write: one token at a time, and of its connections the latest.
package struct WriterSeat {
    private var token: SessionID
    private var connection: UInt64
    /// The latest tokens that were voided: their clients are told so.
    private var voided: [SessionID] = []
    private static let remembered = 16

    package enum Claim: Equatable {
        /// The writer itself, on a new connection.
        case resumes
        /// Another one, of a session that nobody held.
        case attaches
        /// Another one, from whoever held it.
        case takesOver
    }

    package init(_ request: OpenRequest) {
        token = request.token
        connection = request.connection
    }

    /// Decides, and changes nothing.
    ///
    /// - Parameter holder: who is connected now, and since when; nil when nobody is.
    package func judge(_ claim: AttachRequest, holder: String?) throws(ErrorReport) -> Claim {
        guard let wanted = claim.token else {
            throw ErrorReport(stage: .open, field: "token", text: "a writer needs a token")
        }
        if wanted == token {
            guard claim.connection > connection else {
                throw ErrorReport(
                    stage: .session, field: "connection",
                    text:
                        "connection \(claim.connection) of this writer is not after its connection \(connection)"
                )
            }
            return .resumes
        }
        if voided.contains(wanted) {
            throw ErrorReport(
                stage: .takenOver, field: "token",
                text: "the session was taken over" + (holder.map { ", and is held by \($0)" } ?? ""))
        }
        guard let holder else { return .attaches }
        guard claim.takeOver else {
            throw ErrorReport(
                stage: .session, field: "take-over",
                text: "the session is held by \(holder); --take-over takes it, --read-only watches it")
        }
        return .takesOver
    }

    /// Seats the claimant that `judge` has let pass.
    package mutating func seat(_ claim: AttachRequest) {
        guard let wanted = claim.token else { return }
        if wanted != token {
            voided.append(token)
            if voided.count > Self.remembered { voided.removeFirst() }
            token = wanted
        }
        connection = claim.connection
    }
}

extension AttachRequest {
    /// What an OPEN means that comes again, after its answer was lost: nothing was received yet.
    package init(repeating request: OpenRequest) {
        self.init(session: Array(request.session.text.utf8), token: request.token, window: request.limit)
        connection = request.connection
        offset = 0
        claimedOperator = request.claimedOperator
    }
}

extension AttachRequest {
    func check(end: UInt64) throws(ErrorReport) {
        guard let offset, offset > end else { return }
        throw ErrorReport(
            stage: .open, field: "offset", text: "offset \(offset) is beyond the output's end at \(end)")
    }

    func checkBoot() throws(ErrorReport) {
        guard let boot, boot != SessionID.boot() else { return }
        throw ErrorReport.rebooted(session)
    }
}

extension OpenRequest {
    /// Whether this asks for what `first` did, from the same client.
    func isRepeat(of first: OpenRequest) -> Bool {
        asked == first.asked
    }
}

extension OpenRequest {
    /// What does not change when it is asked for again.
    private var asked: OpenRequest {
        var request = self
        (request.connection, request.limit) = (1, 0)
        request.terminal?.size = nil
        return request
    }
}
