import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

/// `postern attach`: goes on with a session, or watches it.
struct Attach: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Go on with a session", usage: "postern attach [options] TARGET SESSION")
    static let help = HelpText.attach

    @Flag var readOnly = false
    @Flag var takeOver = false
    @Flag var noStdin = false
    @Flag var noEscape = false
    @Option(parsing: .unconditional) var since: UInt64?
    @Option(parsing: .unconditional) var detachKeys = ""
    @Argument var target: String
    @Argument var session: String

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        if readOnly, takeOver { throw UsageError("--take-over", "who only reads takes nothing over") }
        var request = SessionClient.newAttach(to: try Words.session(session), readOnly: readOnly)
        request.offset = since
        request.takeOver = takeOver
        request.claimedOperator = Caller.claim()
        var client = SessionClient(target: try Words.target(target), attach: request)
        client.options.watchesEscape = !noEscape
        client.options.takesInput = !noStdin
        client.options.detachKeys = try Words.detachKeys(detachKeys)
        return Words.conclude(client.run(&streams), target: target)
    }
}

/// `postern logs`: the output of a session as far as its guest holds it.
struct Logs: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Show a session's output", usage: "postern logs [options] TARGET SESSION")
    static let help = HelpText.logs

    @Flag(name: [.short, .long]) var follow = false
    @Option(parsing: .unconditional) var since: UInt64?
    @Argument var target: String
    @Argument var session: String

    func perform(on streams: inout StandardStreams) throws -> Int32 {
        var request = SessionClient.newAttach(to: try Words.session(session), readOnly: true)
        request.offset = since
        request.claimedOperator = Caller.claim()
        var client = SessionClient(target: try Words.target(target), attach: request)
        client.options.stopsAtReplay = !follow
        let outcome = client.run(&streams)
        switch outcome.ending {
        // The output is what was asked for, however the command ended.
        case .exited, .detached: return 0
        default: return Words.conclude(outcome, target: target)
        }
    }
}
