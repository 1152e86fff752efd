internal import PosternSys
internal import PosternWire

/// The child's environment: clean, with what a login would give it, then what the client asked for, which
/// wins. Later entries of one name replace earlier ones.
struct ChildEnvironment {
    private(set) var entries: [[UInt8]] = []
    /// Where a name stands: a client may send 100,000 of them.
    private var positions: [[UInt8]: Int] = [:]

    /// The PATH the child gets, which is also where its program is looked up.
    var path: [UInt8] { value(of: "PATH") ?? [] }

    init(_ request: OpenRequest, user: UserRecord) {
        set("PATH", Array((user.uid == 0 ? Self.rootPath : Self.userPath).utf8))
        set("HOME", user.home)
        set("USER", user.name)
        set("LOGNAME", user.name)
        set("SHELL", user.shell)
        set("LANG", Self.language())
        if let terminal = request.terminal { set("TERM", TerminalType.known(for: terminal.type)) }
        for entry in request.environment { put(entry) }
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
        let name = Array(entry.prefix { $0 != UInt8(ascii: "=") })
        if let index = positions[name] {
            entries[index] = entry
        } else {
            positions[name] = entries.count
            entries.append(entry)
        }
    }

    private func value(of name: String) -> [UInt8]? {
        positions[Array(name.utf8)].map { Array(entries[$0].dropFirst(name.utf8.count + 1)) }
    }
}

/// TERM for the child.
enum TerminalType {
    private static let databases = [
        "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo",
    ]

    /// `wanted` when the guest's terminfo knows it, else the nearest that it does know. A guest without any
    /// terminfo gets what was wanted: its programs know terminals by themselves, or not at all.
    static func known(for wanted: [UInt8]?) -> [UInt8] {
        let present = databases.filter { Files.exists($0) }
        let fallbacks = ["xterm-256color", "xterm", "vt100", "dumb"].map { Array($0.utf8) }
        let candidates = [wanted].compactMap { $0 } + fallbacks
        return candidates.first { knows($0, present) } ?? candidates[0]
    }

    private static func knows(_ type: [UInt8], _ databases: [String]) -> Bool {
        // A name, never a path.
        guard let name = String(validating: type, as: UTF8.self), let first = type.first,
            first != UInt8(ascii: "."), !type.contains(UInt8(ascii: "/"))
        else { return false }
        let places = [String(UnicodeScalar(first)), String(first, radix: 16)]
        return databases.contains { database in
            places.contains { Files.exists("\(database)/\($0)/\(name)") }
        }
    }
}
