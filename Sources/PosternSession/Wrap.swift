internal import PosternSys
internal import PosternWire

/// What every command of a unit runs through: the words of `--wrap=`, filled in from what the client asked for. The
/// command's own words follow them, untouched.
package struct Wrap: Equatable, Sendable {
    /// What a word can be filled in with: `{container}`. Each stays one argument, whatever is in it.
    enum Place: String, CaseIterable {
        case session, container, image, name, user, group, cwd, env, rlimit
        case oomScore = "oom-score-adj"
    }
    /// What a word can depend on: `{tty:--tty}`.
    enum Condition: String, CaseIterable { case tty, stdin, mkdir }

    private enum Word: Equatable {
        case plain([UInt8])
        case filled(before: [UInt8], Place, after: [UInt8])
        case conditional(Condition, [UInt8])
    }

    let program: [UInt8]
    private let words: [Word]

    /// Reads words apart by spaces, the first of them an absolute path; nil when it is not that, or holds a
    /// placeholder that there is not.
    package init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard let first = parts.first, first.hasPrefix("/") else { return nil }
        program = Array(first.utf8)
        var words: [Word] = []
        for part in parts.dropFirst() {
            guard let word = Self.word(Array(part.utf8)) else { return nil }
            words.append(word)
        }
        self.words = words
    }

    private static func word(_ text: [UInt8]) -> Word? {
        guard let open = text.firstIndex(of: UInt8(ascii: "{")) else { return .plain(text) }
        guard let close = text[open...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let inner = text[(open + 1)..<close]
        let (before, after) = (Array(text[..<open]), Array(text[(close + 1)...]))
        guard !after.contains(UInt8(ascii: "{")) else { return nil }
        if let colon = inner.firstIndex(of: UInt8(ascii: ":")) {
            guard before.isEmpty, after.isEmpty, colon + 1 < close,
                let condition = Condition(rawValue: String(decoding: inner[..<colon], as: UTF8.self))
            else { return nil }
            return .conditional(condition, Array(inner[(colon + 1)...]))
        }
        guard let place = Place(rawValue: String(decoding: inner, as: UTF8.self)) else { return nil }
        return .filled(before: before, place, after: after)
    }

    // MARK: - Filling in

    /// The whole command line. A word whose field was not asked for is left out.
    ///
    /// A field that was asked for and that no word takes is refused by name: what is ignored may be a limit.
    func arguments(for request: OpenRequest) throws(ErrorReport) -> [[UInt8]] {
        for (field, isAsked) in Self.asked(of: request) where isAsked && !takes(field) {
            throw ErrorReport(
                stage: .policy, field: field,
                text:
                    "this unit's commands run through \(Text.printable(program, limit: 128)), which is given no "
                    + "\(field); ask without it, or put it into the unit's --wrap=")
        }
        var arguments = [program]
        for word in words {
            switch word {
            case .plain(let text): arguments.append(text)
            case .conditional(let condition, let text):
                if Self.holds(condition, request) { arguments.append(text) }
            case .filled(let before, let place, let after):
                for value in Self.values(of: place, request) { arguments.append(before + value + after) }
            }
        }
        return arguments + request.arguments
    }

    private func takes(_ field: String) -> Bool {
        words.contains { word in
            switch word {
            case .plain: false
            case .filled(_, let place, _): place.rawValue == field
            case .conditional(let condition, _): condition.rawValue == field
            }
        }
    }

    /// The fields that would be lost if nothing took them. A session's id and name, its terminal and its stdin are
    /// there without the wrapper's help.
    private static func asked(of request: OpenRequest) -> [(field: String, isAsked: Bool)] {
        [
            ("container", request.container != nil), ("image", request.image != nil),
            ("user", request.user != nil), ("group", request.group != nil),
            ("cwd", request.workingDirectory != nil), ("mkdir", request.makeDirectory),
            ("env", !request.environment.isEmpty), ("rlimit", !request.resourceLimits.isEmpty),
            ("oom-score-adj", request.oomScoreAdjust != nil),
        ]
    }

    private static func holds(_ condition: Condition, _ request: OpenRequest) -> Bool {
        switch condition {
        case .tty: request.terminal != nil
        case .stdin: request.stdin
        case .mkdir: request.makeDirectory
        }
    }

    private static func values(of place: Place, _ request: OpenRequest) -> [[UInt8]] {
        func one(_ value: [UInt8]?) -> [[UInt8]] { value.map { [$0] } ?? [] }
        return switch place {
        case .session: [Array(request.session.text.utf8)]
        case .container: one(request.container)
        case .image: one(request.image)
        case .name: one(request.name)
        case .user: one(request.user)
        case .group: one(request.group)
        case .cwd: one(request.workingDirectory)
        case .env: ChildEnvironment(inside: request).entries
        case .rlimit: request.resourceLimits.map { Array($0.description.utf8) }
        case .oomScore: one(request.oomScoreAdjust.map { Array(String($0).utf8) })
        }
    }
}
