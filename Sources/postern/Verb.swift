import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

/// A command of `postern` whose words are all its own; `exec` is the one that has another command's among them.
protocol Verb: ParsableCommand {
    static var help: String { get }

    /// Does it. The result is the process's exit code.
    func perform(on streams: inout StandardStreams) throws -> Int32
}

extension Verb {
    /// Reads the words after the verb, and does it.
    static func perform(_ words: [[UInt8]], on streams: inout StandardStreams) throws -> Int32 {
        try Self.parse(words.map { ByteText.encode($0) }).perform(on: &streams)
    }

    static func asksForHelp(_ words: [[UInt8]]) -> Bool {
        words.prefix { $0 != Array("--".utf8) }.contains {
            $0 == Array("--help".utf8) || $0 == Array("-h".utf8)
        }
    }
}

/// What several verbs read in the same way.
enum Words {
    static func target(_ text: String) throws -> Target { try Target(ByteText.decode(text)) }

    /// An id, the beginning of one, or a name.
    static func session(_ text: String) throws -> [UInt8] {
        let session = ByteText.decode(text)
        guard (1...64).contains(session.count), !session.contains(0) else {
            throw UsageError(
                "SESSION '\(shown(text))'",
                "write an id, at least its first 4 digits, or a name of at most 64 bytes")
        }
        return session
    }

    static func sessions(_ texts: [String]) throws -> [[UInt8]] {
        guard !texts.isEmpty else { throw UsageError("SESSION", "which one? `postern ps TARGET` lists them") }
        return try texts.map { try session($0) }
    }

    static func detachKeys(_ text: String) throws -> DetachKeys? {
        try DetachKeys.parse(ByteText.decode(text))
    }

    static func shown(_ text: String) -> String { Text.printable(ByteText.decode(text)) }

    /// Says what went wrong for one of several things, and lets the others go on.
    static func complain(_ problem: String) { StandardError.write("Error: \(problem)\n") }

    /// How a session carried by us ended: what there is to say of it, and the exit code.
    static func conclude(_ outcome: Outcome, target: String) -> Int32 {
        if outcome.leftTerminalMidway, StandardError.isTerminal { StandardError.write("\n") }
        if let message = outcome.message { complain(message) }
        if case .detached = outcome.ending {
            let session = SessionReport.short(outcome.session)
            StandardError.write("detached; `postern attach \(shown(target)) \(session)` returns\n")
        }
        return outcome.exitCode.rawValue
    }
}
