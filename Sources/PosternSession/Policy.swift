internal import PosternWire

/// What this worker allows: its command line, and nothing else. One socket unit is one policy.
package struct Policy: Equatable, Sendable {
    /// The unit's name, `%n`; the worker's own cgroup is named after it.
    package var unit: String?
    /// The template's name, `%p`: the sessions of one template see each other.
    package var template = "postern"
    /// Where living sessions are on record, `%t/postern`. Without it no id, name or count is kept.
    package var stateDirectory: String?
    /// Where sessions that may outlive their client are noted across boots, `%S/postern`.
    package var historyDirectory: String?
    package var peers: [PeerRule] = [.own, .hostReserved]
    /// Every session runs as this user.
    package var user: [UInt8]?
    package var maxSessions: Int?
    /// Seconds that a session may wait for its client; 0 keeps none without one, and lets none detach.
    package var maxLinger: UInt64 = 86_400
    /// Bytes of output that are kept for a client that comes back, for mirrors, and for replay.
    package var replay = 1 << 20
    package var maxMirrors = 64
    /// How many ended sessions that nobody collected stay on record.
    package var keepEnded = 32
    /// Seconds.
    package var maxTimeout: UInt64?
    package var maxIdle: UInt64?
    package var openTimeout: UInt64 = 10
    package var grace: UInt64 = 5
    /// Nil: five where commands are wrapped, since attach tools eat what comes early, and else none.
    package var holdInput: UInt64?
    package var commandLog = CommandLog.full
    /// What every command runs through.
    package var wrap: Wrap?
    /// Programs, with arguments, that make and remove what a session runs in.
    package var prepare: [[UInt8]] = []
    package var release: [[UInt8]] = []
    /// Seconds that each of them may take.
    package var helperTimeout: UInt64 = 30
    /// Where what they make is on record, across boots: `%S/postern/cleanup`.
    package var cleanupDirectory: String?

    /// How much of a command the journal gets: arguments may hold passwords.
    package enum CommandLog: String, Sendable, CaseIterable { case full, name, none }

    package init() {}

    /// Reads `--flag=value` words.
    ///
    /// - Parameter first: the first of them that is a flag.
    package init(arguments: [String], first: Int = 0) throws(PolicyError) {
        for index in first..<max(first, arguments.count) {
            let argument = arguments[index]
            guard let equals = argument.firstIndex(of: "=") else { throw .malformed(argument) }
            let flag = String(argument[..<equals])
            let value = String(argument[argument.index(after: equals)...])
            func number(_ range: ClosedRange<UInt64>) throws(PolicyError) -> UInt64 {
                guard let number = Decimal.unsigned(value.utf8), range.contains(number) else {
                    throw .badValue(
                        flag: flag, value: value, expected: "\(range.lowerBound) to \(range.upperBound)")
                }
                return number
            }
            let seconds: ClosedRange<UInt64> = 1...3_155_760_000
            switch flag {
            case "--unit": unit = value
            case "--template": template = value
            case "--state-dir": stateDirectory = value
            case "--history-dir": historyDirectory = value
            case "--peers":
                peers = []
                for word in value.split(separator: ",") {
                    guard let rule = PeerRule(word) else {
                        throw .badValue(
                            flag: flag, value: String(word),
                            expected: "root, own, anyone, host-reserved, host, loopback, cid:N or any-cid")
                    }
                    peers.append(rule)
                }
            case "--user":
                guard !value.isEmpty else { throw .badValue(flag: flag, value: value, expected: "a user") }
                user = Array(value.utf8)
            case "--max-sessions": maxSessions = Int(clamping: try number(1...1_000_000))
            case "--max-linger": maxLinger = try number(0...3_155_760_000)
            case "--replay": replay = Int(clamping: try number(4096...1 << 30))
            case "--max-mirrors": maxMirrors = Int(clamping: try number(0...4096))
            case "--keep-ended": keepEnded = Int(clamping: try number(0...10_000))
            case "--max-timeout": maxTimeout = try number(seconds)
            case "--max-idle": maxIdle = try number(seconds)
            case "--open-timeout": openTimeout = try number(1...3600)
            case "--grace": grace = try number(0...3600)
            case "--hold-input": holdInput = try number(0...3600)
            case "--wrap":
                guard let wrap = Wrap(value) else {
                    throw .badValue(
                        flag: flag, value: value,
                        expected:
                            "an absolute path and words, with placeholders as postern-worker(8) has them")
                }
                self.wrap = wrap
            case "--prepare": prepare = try Self.command(flag, value)
            case "--release": release = try Self.command(flag, value)
            case "--helper-timeout": helperTimeout = try number(1...3600)
            case "--cleanup-dir": cleanupDirectory = value
            case "--log-command":
                guard let log = CommandLog(rawValue: value) else {
                    throw .badValue(flag: flag, value: value, expected: "full, name or none")
                }
                commandLog = log
            default: throw .unknown(flag)
            }
        }
        if maxSessions != nil, stateDirectory == nil {
            throw .missing("--state-dir", neededBy: "--max-sessions")
        }
        // What is made must be removed, and known to be there whatever happens meanwhile.
        if !prepare.isEmpty, release.isEmpty { throw .missing("--release", neededBy: "--prepare") }
        if !release.isEmpty, cleanupDirectory == nil {
            throw .missing("--cleanup-dir", neededBy: "--release")
        }
    }

    private static func command(_ flag: String, _ value: String) throws(PolicyError) -> [[UInt8]] {
        guard value.hasPrefix("/") else {
            throw .badValue(flag: flag, value: value, expected: "an absolute path, and arguments")
        }
        return value.split(separator: " ").map { Array($0.utf8) }
    }
}

package enum PolicyError: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    case unknown(String)
    case badValue(flag: String, value: String, expected: String)
    case missing(String, neededBy: String)

    package var description: String {
        switch self {
        case .malformed(let word): "'\(word)' is not a --flag=value"
        case .unknown(let flag): "unknown flag '\(flag)'"
        case .badValue(let flag, let value, let expected):
            "\(flag) cannot be '\(value)': expected \(expected)"
        case .missing(let flag, let other): "\(other) needs \(flag)"
        }
    }
}
