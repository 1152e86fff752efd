import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

/// `postern exec`: podman's options and results, on a guest.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a command, or the user's shell, in a guest",
        usage: "postern exec [options] TARGET [--] [COMMAND [ARG...]]")

    @Flag(name: [.short, .long]) var interactive = false
    @Flag(name: [.short, .long]) var tty = false
    @Flag(name: [.short, .long]) var detach = false
    @Option(name: [.short, .long], parsing: .unconditional) var user: String?
    @Option(name: [.short, .long], parsing: .unconditional) var workdir: String?
    @Flag var mkdir = false
    @Option(name: [.short, .long], parsing: .unconditionalSingleValue) var env: [String] = []
    @Option(parsing: .unconditionalSingleValue) var envFile: [String] = []
    @Option(parsing: .unconditionalSingleValue) var rlimit: [String] = []
    @Option(parsing: .unconditional) var oomScoreAdj: Int?
    @Option(parsing: .unconditional) var timeout: String?
    @Option(parsing: .unconditional) var idle: String?
    @Option(parsing: .unconditional) var linger: String?
    @Option(parsing: .unconditional) var holdInput: String?
    @Option(parsing: .unconditional) var name: String?
    @Option(parsing: .unconditional) var container: String?
    @Option(parsing: .unconditional) var image: String?
    @Option(parsing: .unconditional) var `operator`: String?
    @Option(parsing: .unconditional) var reason: String?
    @Option(parsing: .unconditional) var detachKeys = ""
    @Flag var noEscape = false
    @Option(parsing: .unconditional) var jsonResult: String?
    @Argument var target: String

    /// Runs the session and says how it ended. The result is the process's exit code.
    ///
    /// The guest is dialled before anything else, since its worker takes longer to start than we to read the options;
    /// a value that turns out to be wrong costs it an entry of a client that went away.
    static func perform(_ words: ExecWords, on streams: inout StandardStreams) throws -> Int32 {
        var early = words.earlyTarget.map { Dialer($0) }
        let exec = try Exec.parse(words.options)
        var request = try exec.request()
        // The command never passes through the parser.
        request.arguments = words.command
        let dialer = try early.take() ?? Dialer(Words.target(exec.target))
        return try exec.run(request, over: dialer, on: &streams)
    }

    private func run(
        _ request: OpenRequest, over dialer: consuming Dialer, on streams: inout StandardStreams
    ) throws -> Int32 {
        let (place, target) = (target, try Words.target(target))
        var client = SessionClient(target: target, request: request)
        let journal = HostJournal(target: target, request: request)
        client.options.watchesEscape = !noEscape
        client.options.detachKeys = try Words.detachKeys(detachKeys)
        journal.recordStart()
        let outcome = client.run(&streams, over: dialer)
        journal.recordEnd(outcome)
        let code = conclude(outcome, place)
        guard let jsonResult else { return code }
        do throws(SysError) {
            let report = ResultReport(target: target, outcome: outcome)
            try report.write(to: jsonResult)
        } catch {
            Words.complain("cannot write the result to '\(shown(jsonResult))': \(error)")
            return code == 0 ? ExitCode.failure.rawValue : code
        }
        return code
    }

    private func conclude(_ outcome: Outcome, _ place: String) -> Int32 {
        guard detach, case .detached = outcome.ending else { return Words.conclude(outcome, target: place) }
        print(outcome.session.text)
        return outcome.exitCode.rawValue
    }

    private typealias ExitCode = PosternClient.ExitCode

    // MARK: - What is asked for

    private func request() throws -> OpenRequest {
        if detach, linger != nil {
            throw UsageError("--linger", "a detached session waits for ever; leave one of the two out")
        }
        if mkdir, workdir == nil { throw UsageError("--mkdir", "it needs --workdir: which directory?") }
        var request = SessionClient.newRequest()
        request.stdin = interactive
        request.workingDirectory = try label(workdir, "--workdir")
        request.makeDirectory = mkdir
        if let user {
            let parts = ByteText.decode(user).split(
                separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty }) else {
                throw UsageError("--user '\(shown(user))'", "write USER or USER:GROUP, names or numbers")
            }
            request.user = Array(parts[0])
            request.group = parts.count == 2 ? Array(parts[1]) : nil
        }
        request.environment = try environment()
        if tty { request.terminal = OpenRequest.Terminal(type: ownVariable("TERM"), size: nil) }
        request.resourceLimits = try rlimit.map { text in
            guard let limit = OpenRequest.ResourceLimit(ByteText.decode(text)) else {
                throw UsageError(
                    "--rlimit '\(shown(text))'",
                    "write NAME=SOFT[:HARD], numbers or unlimited, as in nofile=1024:4096")
            }
            return limit
        }
        if let oomScoreAdj, !(-1000...1000).contains(oomScoreAdj) {
            throw UsageError("--oom-score-adj '\(oomScoreAdj)'", "write a number from -1000 to 1000")
        }
        request.oomScoreAdjust = oomScoreAdj
        request.timeout = try span(timeout, "--timeout", 1...3_155_760_000)
        request.idle = try span(idle, "--idle", 1...3_155_760_000)
        request.linger = try span(linger, "--linger", 0...3_155_760_000)
        request.detach = detach
        request.holdInput = try span(holdInput, "--hold-input", 0...3600)
        request.name = try label(name, "--name")
        request.container = try label(container, "--container")
        request.image = try label(image, "--image")
        request.claimedOperator = try label(`operator`, "--operator") ?? Caller.claim()
        request.claimedReason = try label(reason, "--reason")
        return request
    }

    /// Later entries win: the terminal's colours, then files, then `-e`.
    private func environment() throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        if tty, let colours = ownVariable("COLORTERM") { entries.append(Array("COLORTERM=".utf8) + colours) }
        for file in envFile { entries += try EnvironmentFile.read(file) }
        for text in env {
            if let entry = try EnvironmentFile.entry(ByteText.decode(text)) { entries.append(entry) }
        }
        return entries
    }

    private func ownVariable(_ name: String) -> [UInt8]? {
        Process.environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func span(_ text: String?, _ option: String, _ range: ClosedRange<UInt64>) throws -> UInt64? {
        guard let text else { return nil }
        return try TimeSpan.seconds(text, option: option, in: range)
    }

    private func label(_ text: String?, _ option: String) throws -> [UInt8]? {
        guard let text else { return nil }
        guard !text.isEmpty else { throw UsageError(option, "it cannot be empty; leave it out instead") }
        return ByteText.decode(text)
    }

    private func shown(_ text: String) -> String { Words.shown(text) }
}
