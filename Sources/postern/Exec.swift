import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

/// `postern exec`: podman's flags and results, on a guest.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a command, or the user's shell, in a guest",
        usage: "postern exec [options] TARGET [--] [COMMAND [ARG...]]",
        discussion: """
            Options end at TARGET: what follows is the command's. Without COMMAND the user's login shell runs.

            Exit codes: the command's own; 125 postern itself failed, 126 the command cannot be run, 127 it was \
            not found, 128+N signal N killed it.

            Examples:
              postern exec -it vsock:3
              postern exec vsock:3 uname -a
              tar c . | postern exec -i -w /srv vsock:3 tar x
              postern exec -it -u alice -e LANG=C unix:/run/postern/postern.sock bash -l
            """)

    @Flag(name: [.short, .long], help: "Send stdin to the command (else its stdin is empty)")
    var interactive = false

    @Flag(name: [.short, .long], help: "Give the command a terminal")
    var tty = false

    @Option(name: [.short, .long], help: ArgumentHelp("Run as this user", valueName: "user[:group]"))
    var user: String?

    @Option(
        name: [.short, .long], help: ArgumentHelp("Working directory, absolute or below ~", valueName: "dir"))
    var workdir: String?

    @Flag(help: "Create the working directory, as the user, if it is missing")
    var mkdir = false

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Set a variable; without value, the caller's is taken", valueName: "name[=value]"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Read variables from a file, one a line", valueName: "file"))
    var envFile: [String] = []

    @Option(help: ArgumentHelp("Set a resource limit; 'unlimited' is a value", valueName: "name=soft[:hard]"))
    var rlimit: [String] = []

    @Option(help: ArgumentHelp("Badness for the guest's OOM killer, -1000 to 1000", valueName: "n"))
    var oomScoreAdj: Int?

    @Option(help: ArgumentHelp("End the session after this time (30, 5min, 1h)", valueName: "time"))
    var timeout: String?

    @Option(help: ArgumentHelp("End the session when nothing was sent for this time", valueName: "time"))
    var idle: String?

    @Option(
        help: ArgumentHelp("Hold input back until the first output, at most this time", valueName: "time"))
    var holdInput: String?

    @Option(help: ArgumentHelp("A name for the session, unique while it lives", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Who asks, for the guest's journal (recorded as a claim)", valueName: "who"))
    var `operator`: String?

    @Option(help: ArgumentHelp("Why, for the guest's journal (recorded as a claim)", valueName: "why"))
    var reason: String?

    @Option(help: ArgumentHelp("Keys to detach with; none unless asked for", valueName: "keys"))
    var detachKeys = ""

    @Flag(help: "Do not hang up on ^] three times within a second")
    var noEscape = false

    @Option(help: ArgumentHelp("Write how the session ended to a file, as JSON", valueName: "file"))
    var jsonResult: String?

    @Argument(help: ArgumentHelp("Where the guest is reached", valueName: "target"))
    var target: String

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The command and its arguments", valueName: "command"))
    var command: [String] = []

    func run() throws {
        let target = try Target(parsing: ByteText.decode(target))
        let request = try request()
        let (outcome, started) = ExecRun(target: target, request: request, escapes: !noEscape).run()
        if let message = outcome.message { StandardError.write("Error: \(message)\n") }
        var code = outcome.exitCode
        if let jsonResult {
            do throws(SysError) {
                let report = ResultReport(
                    target: target, request: request, started: started, outcome: outcome)
                try Files.write(Array(report.json.utf8), to: jsonResult)
            } catch {
                StandardError.write("Error: cannot write the result to '\(jsonResult)': \(error)\n")
                if code == 0 { code = 125 }
            }
        }
        throw ExitCode(code)
    }

    // MARK: - What is asked for

    private func request() throws -> OpenRequest {
        guard detachKeys.isEmpty else {
            throw ValidationError(
                "--detach-keys '\(detachKeys)': this version cannot detach sessions; leave it out or give ''")
        }
        var request = OpenRequest(session: .random(), token: .random(), limit: 0)
        // A leading -- belongs to us: it says that what follows is the command.
        let words = command.first == "--" ? command.dropFirst() : command[...]
        request.arguments = words.map { ByteText.decode($0) }
        request.stdin = interactive
        request.workingDirectory = workdir.map { ByteText.decode($0) }
        request.makeDirectory = mkdir
        if mkdir, workdir == nil { throw ValidationError("--mkdir needs --workdir: which directory?") }
        if let user {
            let bytes = ByteText.decode(user)
            let parts = bytes.split(
                separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty }) else {
                throw ValidationError("--user '\(user)': give USER or USER:GROUP")
            }
            request.user = Array(parts[0])
            request.group = parts.count == 2 ? Array(parts[1]) : nil
        }
        if tty {
            request.terminal = OpenRequest.Terminal(type: Process.environment("TERM"), size: nil)
            if let colours = Process.environment("COLORTERM") {
                request.environment.append(Array("COLORTERM=".utf8) + colours)
            }
        }
        for file in envFile { request.environment += try EnvironmentFile.read(file) }
        for entry in env {
            guard let entry = try EnvironmentFile.entry(ByteText.decode(entry), shown: "--env '\(entry)'")
            else { continue }
            request.environment.append(entry)
        }
        for text in rlimit {
            guard let limit = OpenRequest.ResourceLimit(ByteText.decode(text)) else {
                throw ValidationError(
                    "--rlimit '\(text)': give NAME=SOFT[:HARD], numbers or 'unlimited', as in nofile=1024:4096"
                )
            }
            request.resourceLimits.append(limit)
        }
        if let oomScoreAdj {
            guard (-1000...1000).contains(oomScoreAdj) else {
                throw ValidationError("--oom-score-adj \(oomScoreAdj): give -1000 to 1000")
            }
            request.oomScoreAdjust = oomScoreAdj
        }
        request.timeout = try timeout.map { try TimeSpan.seconds($0, flag: "--timeout", least: 1) }
        request.idle = try idle.map { try TimeSpan.seconds($0, flag: "--idle", least: 1) }
        request.holdInput = try holdInput.map {
            try TimeSpan.seconds($0, flag: "--hold-input", least: 0, most: 3600)
        }
        request.name = try label(name, "--name")
        request.claimedOperator = try label(`operator`, "--operator") ?? Caller.claim()
        request.claimedReason = try label(reason, "--reason")
        return request
    }

    private func label(_ text: String?, _ flag: String) throws -> [UInt8]? {
        guard let text else { return nil }
        guard !text.isEmpty else { throw ValidationError("\(flag) cannot be empty") }
        return ByteText.decode(text)
    }
}
