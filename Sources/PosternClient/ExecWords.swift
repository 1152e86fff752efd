/// The words of `postern exec`, taken apart as podman does: options end at TARGET, and what follows it belongs to
/// the command, however it looks.
///
/// Options come out in one spelling, `--name` and its value as two words, so that short ones may stand together
/// (`-itu root`, `-eK=V`) and a value may be empty. What is not known here passes unchanged, for the parser to
/// complain about.
public struct ExecWords: Equatable, Sendable {
    /// Options and target, for a parser of strings.
    public private(set) var options: [String] = []
    /// The command and its arguments, as bytes.
    public private(set) var command: [[UInt8]] = []
    /// `-h` or `--help` stands among the options.
    public private(set) var asksForHelp = false
    /// TARGET, where its guest may be dialled before the options are looked at: all are known, and none of them is a
    /// file, which may be a pipe that takes longer than a worker waits for a request.
    public private(set) var earlyTarget: Target?
    private var isPlain = true

    /// Options with a value, with their short names.
    public static let valued: [(long: String, short: Character?)] = [
        ("user", "u"), ("workdir", "w"), ("env", "e"), ("env-file", nil), ("rlimit", nil), ("timeout", nil),
        ("linger", nil), ("container", nil), ("image", nil),
        ("idle", nil), ("name", nil), ("hold-input", nil), ("oom-score-adj", nil), ("detach-keys", nil),
        ("operator", nil), ("reason", nil), ("json-result", nil),
    ]
    /// Options without.
    public static let flags: [(long: String, short: Character?)] = [
        ("interactive", "i"), ("tty", "t"), ("detach", "d"), ("mkdir", nil), ("no-escape", nil),
        ("help", "h"),
    ]

    /// - Parameter words: what follows `exec`.
    public init(_ words: [[UInt8]]) {
        var rest = words[...]
        while let word = rest.first {
            if word == Array("--".utf8) {
                rest = rest.dropFirst()
                break
            }
            guard word.first == UInt8(ascii: "-"), word.count > 1 else { break }
            rest = rest.dropFirst()
            let text = ByteText.encode(word)
            if text.hasPrefix("--") {
                takeLong(text, &rest)
            } else {
                takeShort(text, &rest)
            }
        }
        guard let target = rest.popFirst() else { return }
        options += ["--", ByteText.encode(target)]
        if isPlain { earlyTarget = try? Target(target) }
        if rest.first == Array("--".utf8) { rest = rest.dropFirst() }
        command = Array(rest)
    }

    private mutating func takeLong(_ text: String, _ rest: inout ArraySlice<[UInt8]>) {
        if text == "--help" { asksForHelp = true }
        let name = text.dropFirst(2)
        if name.hasPrefix("env-file") { isPlain = false }
        if Self.valued.contains(where: { $0.long == name }), let value = rest.popFirst() {
            options += [text, ByteText.encode(value)]
        } else if let equals = name.firstIndex(of: "="),
            Self.valued.contains(where: { $0.long == name[..<equals] })
        {
            options += ["--\(name[..<equals])", String(name[name.index(after: equals)...])]
        } else {
            if !Self.flags.contains(where: { $0.long == name }) { isPlain = false }
            options.append(text)
        }
    }

    private mutating func takeShort(_ text: String, _ rest: inout ArraySlice<[UInt8]>) {
        var cluster = text.dropFirst()
        while let letter = cluster.popFirst() {
            if let option = Self.valued.first(where: { $0.short == letter }) {
                if cluster.first == "=" { cluster = cluster.dropFirst() }
                options.append("--\(option.long)")
                if !cluster.isEmpty {
                    options.append(String(cluster))
                } else if let value = rest.popFirst() {
                    options.append(ByteText.encode(value))
                }
                return
            }
            if let flag = Self.flags.first(where: { $0.short == letter }) {
                if flag.long == "help" { asksForHelp = true }
                options.append("--\(flag.long)")
            } else {
                isPlain = false
                options.append("-\(letter)")
            }
        }
    }
}
