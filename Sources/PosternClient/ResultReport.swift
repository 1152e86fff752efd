public import PosternSys
internal import PosternWire

/// How a session ended, as one JSON object for programs. Texts of the guest were escaped where they were read.
public struct ResultReport: Sendable {
    private var members: [(key: String, value: String)] = []

    public init(target: Target, outcome: Outcome) {
        put("session", text: outcome.session.text)
        put("target", text: target.description)
        put("outcome", text: outcome.word)
        put("client_exit_code", number: outcome.exitCode.rawValue)
        if let started = outcome.started {
            put("pid", number: started.pid)
            if let tty = started.tty { put("tty", text: tty) }
        }
        switch outcome.ending {
        case .exited(let exit): put(exit)
        case .refused(let report), .failed(let report):
            put("stage", text: report.stage)
            if let errno = report.errno { put("errno", text: errno) }
            if let field = report.field { put("field", text: field) }
        case .unreachable, .lost, .broken, .outputFailed, .hungUp, .killed, .internalFailure: break
        }
        put("duration_usec", number: outcome.duration)
        if let message = outcome.message { put("message", text: message) }
    }

    private mutating func put(_ exit: Exit) {
        switch exit.status {
        case .code(let code): put("exit_code", number: code)
        case .signal(let signal):
            put("signal", number: signal)
            put("signal_name", text: Signal(rawValue: Int32(signal)).description)
        }
        put("core_dumped", exit.coreDumped)
        put("oom", exit.outOfMemory)
        if let cause = exit.cause { put("cause", text: cause.rawValue) }
        put("wall_usec", number: exit.wallTime)
        put("cpu_usec", number: exit.cpuTime)
        if let peak = exit.peakMemory { put("memory_peak_bytes", number: peak) }
        put("stdin_bytes", number: exit.stdin)
        put("stdout_bytes", number: exit.stdout)
        put("stderr_bytes", number: exit.stderr)
    }

    private mutating func put(_ key: String, number: some BinaryInteger) {
        members.append((key, "\(number)"))
    }
    private mutating func put(_ key: String, text: String) { members.append((key, Self.quoted(text))) }
    private mutating func put(_ key: String, _ flag: Bool) { members.append((key, "\(flag)")) }

    /// The object on one line.
    public var json: String {
        "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}\n"
    }

    /// Writes the object to a file. A regular file is replaced in one step; what is something else (a FIFO, a
    /// device, a link) is written to and stays what it is.
    public func write(to path: String) throws(SysError) {
        if try Files.isReplaceable(path) {
            try Files.write(Array(json.utf8), to: path)
        } else {
            try Files.writeAll(Array(json.utf8), to: try Files.openForOverwriting(path))
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
