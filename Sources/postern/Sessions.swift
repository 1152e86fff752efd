import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

private typealias Exits = PosternClient.ExitCode

/// `postern ps`: the sessions of a guest.
struct List: Verb {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List the sessions of a guest", usage: "postern ps [options] TARGET")
    static let help = HelpText.ps

    @Flag var json = false
    @Flag(name: [.short, .long]) var quiet = false
    @Argument var target: String

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        let sessions = try Inquiry(target: try Words.target(target)).list().map { SessionReport($0) }
        if json {
            print(
                "[" + sessions.map { "\n" + $0.json }.joined(separator: ",")
                    + (sessions.isEmpty ? "]" : "\n]"))
        } else if quiet {
            for session in sessions { print(session.id) }
        } else {
            print(SessionTable(sessions).text(now: WallClock.microseconds()), terminator: "")
        }
        return 0
    }
}

/// `postern status`: all there is to know of one session.
struct Status: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Show one session", usage: "postern status [options] TARGET SESSION")
    static let help = HelpText.status

    @Flag var json = false
    @Argument var target: String
    @Argument var session: String

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        let session = try Words.session(session)
        let found = try Inquiry(target: try Words.target(target)).list(session).map { SessionReport($0) }
        guard let report = found.first else {
            Words.complain("no session '\(Text.printable(session))'")
            return Exits.failure.rawValue
        }
        print(json ? report.json + "\n" : report.text(now: WallClock.microseconds()), terminator: "")
        return 0
    }
}

/// `postern kill`: sends a signal to sessions.
struct Kill: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Send a signal to sessions", usage: "postern kill [options] TARGET SESSION...")
    static let help = HelpText.kill

    @Option(name: [.short, .long], parsing: .unconditional) var signal = "TERM"
    @Option(parsing: .unconditional) var scope = "group"
    @Argument var target: String
    @Argument var sessions: [String] = []

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        guard let scope = SignalRequest.Scope(rawValue: scope) else {
            throw UsageError("--scope '\(Words.shown(scope))'", "write leader, group or all")
        }
        let signal = ByteText.decode(signal)
        guard !signal.isEmpty, signal.count <= 64 else {
            throw UsageError("--signal", "write a signal, as TERM, SIGTERM or 15")
        }
        let deed = OrderRequest.Deed.signal(SignalRequest(signal: signal, scope: scope))
        return try Orders.carryOut(deed, on: target, sessions) { $0.id }
    }
}

/// `postern rm`: ends sessions and forgets them.
struct Remove: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "End sessions, and forget them", usage: "postern rm TARGET SESSION...")
    static let help = HelpText.rm

    @Argument var target: String
    @Argument var sessions: [String] = []

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        try Orders.carryOut(.remove, on: target, sessions) { $0.id }
    }
}

/// `postern wait`: waits for sessions to end, and prints their exit codes.
struct Wait: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Wait for sessions to end", usage: "postern wait TARGET SESSION...")
    static let help = HelpText.wait

    @Argument var target: String
    @Argument var sessions: [String] = []

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        try Orders.carryOut(.wait, on: target, sessions) { $0.exitCode.map { "\($0.rawValue)" } }
    }
}

/// The same order for one session after the other.
private enum Orders {
    /// Prints what `result` makes of each answer. One that fails is told of, and the others have their turn.
    static func carryOut(
        _ deed: OrderRequest.Deed, on target: String, _ sessions: [String],
        result: (SessionReport) -> String?
    ) throws -> Int32 {
        let inquiry = Inquiry(target: try Words.target(target))
        var code: Int32 = 0
        for session in try Words.sessions(sessions) {
            var order = OrderRequest(session: session, deed: deed)
            order.claimedOperator = Caller.claim()
            do throws(InquiryError) {
                let report = SessionReport(try inquiry.order(order))
                if let line = result(report) {
                    print(line)
                    continue
                }
                Words.complain("\(Text.printable(session)): how it ended is unknown")
            } catch {
                // One session that is gone says nothing of the others; a guest that is, does.
                Words.complain("\(Text.printable(session)): \(error)")
            }
            code = Exits.failure.rawValue
        }
        return code
    }
}
