internal import PosternSys
public import PosternWire

/// A session as a guest's worker tells of it, for people and for programs. What comes from the guest is escaped.
public struct SessionReport: Sendable {
    let info: SessionInfo

    public init(_ info: SessionInfo) { self.info = info }

    /// What people call it: the first digits of its id.
    public static func short(_ session: SessionID) -> String { String(session.text.prefix(12)) }

    /// As `ps` lists it.
    public var id: String { Self.short(info.session) }

    var command: String {
        info.arguments.isEmpty
            ? "(shell)" : info.arguments.map { Text.printable($0) }.joined(separator: " ")
    }

    /// The state, with the result once there is one.
    var state: String {
        guard let exit = info.exit else { return info.state.rawValue }
        return switch exit.status {
        case .code(let code): "\(info.state.rawValue) (\(code))"
        case .signal(let signal): "\(info.state.rawValue) (\(Signal(rawValue: Int32(signal))))"
        }
    }

    /// Who is attached: the writer, and how many watch.
    var attached: String {
        let mirrors = info.mirrors ?? 0
        return [info.writer, mirrors > 0 ? "+\(mirrors)" : nil].compactMap { $0 }.joined(separator: " ")
    }

    /// What the session exited with, 128+n for a signal; nil while, or where, nobody knows.
    public var exitCode: ExitCode? { info.exit.map { ExitCode($0.status) } }

    // MARK: - JSON

    /// The object on one line.
    public var json: String {
        var object = JSONObject()
        object.put("session", text: info.session.text)
        object.put("state", text: info.state.rawValue)
        object.put("name", text: info.name.map { Text.printable($0) })
        object.put("user", text: info.user.map { Text.printable($0) })
        object.put("command", texts: info.arguments.map { Text.printable($0) })
        object.put("pid", number: info.pid)
        object.put("tty", text: info.tty)
        object.put("started_usec", number: info.started)
        object.put("idle_usec", number: info.idle)
        object.put("output_start", number: info.start)
        object.put("output_offset", number: info.offset)
        object.put("writer", text: info.writer)
        object.put("since_usec", number: info.since)
        object.put("mirrors", number: info.mirrors)
        if let exit = info.exit {
            object.put(exit)
        } else {
            object.put("stdin_bytes", number: info.stdin)
            object.put("stdout_bytes", number: info.stdout)
            object.put("stderr_bytes", number: info.stderr)
        }
        return object.text
    }

    // MARK: - One session

    /// `key: value` lines. `now` in microseconds since the epoch.
    public func text(now: UInt64) -> String {
        var lines: [(String, String)] = [("Session", info.session.text)]
        func put(_ key: String, _ value: String?) { if let value { lines.append((key, value)) } }
        put("Name", info.name.map { Text.printable($0) })
        put("State", state)
        put("Since", info.since.map { Quantity.ago($0, now: now) })
        put("Command", command)
        put("User", info.user.map { Text.printable($0) })
        put("PID", info.pid.map { "\($0)" })
        put("TTY", info.tty)
        put("Started", info.started.map { Quantity.ago($0, now: now) })
        put("Idle", info.idle.map { Quantity.span($0) })
        put("Writer", info.writer)
        put("Mirrors", info.mirrors.map { "\($0)" })
        put("Input", "\(info.stdin) bytes")
        put("Output", "\(info.stdout) bytes, \(info.stderr) bytes of errors")
        if let start = info.start, let offset = info.offset { put("Held output", "\(start) to \(offset)") }
        if let exit = info.exit {
            put("Exit status", exitCode.map { "\($0.rawValue)" })
            put("Cause", exit.cause?.rawValue)
            put("Lasted", Quantity.span(exit.wallTime))
            put("CPU time", Quantity.span(exit.cpuTime))
            put("Memory peak", exit.peakMemory.map { Quantity.bytes($0) })
            if exit.outOfMemory { put("Out of memory", "yes") }
        }
        return lines.map { "\($0.0): \($0.1)\n" }.joined()
    }
}
