internal import PosternSys
internal import PosternWire

/// The child's environment: clean, with what a login would give it, then what the client asked for, which
/// wins. Later entries of one name replace earlier ones.
struct ChildEnvironment {
    private(set) var entries: [[UInt8]] = []
    /// Where a name stands, once there are so many that looking for it takes long: a client may send 100,000. The few
    /// of most sessions are not worth what a dictionary costs to set up.
    private var positions: [[UInt8]: Int] = [:]
    private static let few = 64

    /// The PATH the child gets, which is also where its program is looked up.
    var path: [UInt8] { value(of: "PATH") ?? [] }

    /// Of a command that runs without a wrapper, or of the wrapper itself, which gets nothing from the client: it may
    /// run as root, and believe in it.
    init(_ request: OpenRequest, user: UserRecord, isWrapper: Bool = false) {
        set("PATH", Array((user.uid == 0 ? Self.rootPath : Self.userPath).utf8))
        set("HOME", user.home)
        set("USER", user.name)
        set("LOGNAME", user.name)
        set("SHELL", user.shell)
        set("LANG", Self.language())
        add(request, isWrapper: isWrapper)
    }

    /// What a wrapper is to set for the command, beside what it sets by itself.
    init(inside request: OpenRequest) { add(request) }

    private mutating func add(_ request: OpenRequest, isWrapper: Bool = false) {
        if let terminal = request.terminal { set("TERM", TerminalType.known(for: terminal.type)) }
        if !isWrapper { for entry in request.environment { put(entry) } }
        // Last: whoever looks at the process in the guest must find the session it belongs to.
        set("POSTERN_SESSION", Array(request.session.text.utf8))
    }

    /// As Debian's login.defs and sshd have them.
    private static let rootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let userPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"

    /// The guest's locale: what systemd gave the worker (it reads locale.conf), else UTF-8 and nothing more.
    private static func language() -> [UInt8] {
        Process.environment("LANG") ?? Array("C.UTF-8".utf8)
    }

    private mutating func set(_ name: String, _ value: [UInt8]) {
        put(Array(name.utf8) + [UInt8(ascii: "=")] + value)
    }

    private mutating func put(_ entry: [UInt8]) {
        if let index = position(of: entry) {
            entries[index] = entry
            return
        }
        entries.append(entry)
        if entries.count > Self.few {
            // The first time for all of them.
            for index in positions.count..<entries.count { positions[Self.name(entries[index])] = index }
        }
    }

    /// Where the entry with the same name stands.
    private func position(of entry: [UInt8]) -> Int? {
        guard positions.isEmpty else { return positions[Self.name(entry)] }
        return entries.firstIndex { Self.haveSameName($0, entry) }
    }

    private static func name(_ entry: [UInt8]) -> [UInt8] { Array(entry.prefix { $0 != UInt8(ascii: "=") }) }

    private static func haveSameName(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        for index in 0..<min(one.count, other.count) {
            guard one[index] == other[index] else { return false }
            if one[index] == UInt8(ascii: "=") { return true }
        }
        return false
    }

    private func value(of name: String) -> [UInt8]? {
        let start = Array(name.utf8) + [UInt8(ascii: "=")]
        return position(of: start).map { Array(entries[$0].dropFirst(start.count)) }
    }
}

/// TERM for the child.
enum TerminalType {
    /// The most probable first: each look costs a session's start.
    private static let databases = [
        "/lib/terminfo", "/usr/share/terminfo", "/etc/terminfo", "/usr/lib/terminfo",
    ]
    private static let fallbacks = ["xterm-256color", "xterm", "vt100", "dumb"].map { Array($0.utf8) }

    /// `wanted` when the guest's terminfo knows it, else the nearest that it does know. A guest without any
    /// terminfo gets what was wanted: its programs know terminals by themselves, or not at all.
    static func known(for wanted: [UInt8]?) -> [UInt8] {
        let first = wanted ?? fallbacks[0]
        if knows(first, databases) { return first }
        let present = databases.filter { Files.exists($0) }
        return fallbacks.first { knows($0, present) } ?? first
    }

    private static func knows(_ type: [UInt8], _ databases: [String]) -> Bool {
        // A name, never a path.
        guard let name = String(validating: type, as: UTF8.self), let first = type.first,
            first != UInt8(ascii: "."), !type.contains(UInt8(ascii: "/"))
        else { return false }
        // By the letter, or by its number.
        return [String(UnicodeScalar(first)), String(first, radix: 16)].contains { place in
            databases.contains { Files.exists($0 + "/" + place + "/" + name) }
        }
    }
}
