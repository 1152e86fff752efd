internal import PosternSys
internal import PosternWire

/// How a session ends for its client: by the worker's word, by the user's, or by leaving it.
extension ClientLoop {
    /// What follows once something has been written out or sent.
    mutating func advance() {
        switch phase {
        case .running where options.stopsAtReplay && outputWindow.consumed >= started?.replay ?? .max:
            leave(.detached)
        case .opening, .running, .over: break
        case .draining(let ending):
            guard stdout.isEmpty, stderr.isEmpty else { break }
            if case .exited = ending, connection.isOpen { leave(ending) } else { phase = .over(ending) }
        case .leaving(let ending, let deadline):
            // After BYE the worker closes; a HANGUP only has to have left.
            let isDone =
                switch ending {
                case .exited, .detached: !connection.isOpen
                default: connection.sender.isEmpty
                }
            if isDone || clock.now >= deadline { phase = .over(ending) }
        }
    }

    /// Says BYE.
    mutating func leave(_ ending: Outcome.Ending) {
        connection.sender.append(.bye)
        connection.send()
        phase = .leaving(ending, until: clock.now + Self.farewell)
    }

    /// The session's end as the worker, or the connection, told it: what came before is still written.
    mutating func end(_ ending: Outcome.Ending) {
        switch phase {
        case .opening, .running:
            detaching = .no
            releaseFilter()
            phase = .draining(ending)
        case .draining(.exited), .leaving(.exited, _):
            // A worker that sends something after EXIT is not to be believed about EXIT either.
            if case .broken = ending { phase = .draining(ending) }
        case .draining, .leaving, .over: break
        }
    }

    /// Ends now: the terminal first, then HANGUP, which has a moment to leave; output that waits is dropped.
    mutating func die(_ ending: Outcome.Ending) {
        restoreTerminal()
        stdout.removeAll()
        stderr.removeAll()
        switch phase {
        case .over, .leaving(.killed, _), .leaving(.hungUp, _), .leaving(.outputFailed, _): return
        case .opening: phase = .over(ending)
        case .running where link == .up:
            guard let word = lastWord(ending) else { return phase = .over(ending) }
            connection.sender.append(word)
            connection.send()
            phase = .leaving(ending, until: clock.now + Self.farewell / 2)
        case .running, .draining, .leaving: phase = .over(ending)
        }
    }

    /// What a session is told whose client ends before it.
    private func lastWord(_ ending: Outcome.Ending) -> FrameKind? {
        switch ending {
        case _ where request.isMirror: .bye
        // Somebody else's session, visited: it is as it is when a connection is lost. Only who says so ends it.
        case .killed where request.isAttach, .outputFailed where request.isAttach: nil
        default: .hangup
        }
    }
}
