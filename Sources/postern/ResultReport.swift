import PosternClient
import PosternSys
import PosternWire

/// How a session ended, as one JSON object for programs.
struct ResultReport {
    private var members: [(String, String)] = []

    init(target: Target, request: OpenRequest, started: Started?, outcome: Outcome) {
        put("session", text: request.session.text)
        put("target", text: target.text)
        put("outcome", text: outcome.kind)
        put("client_exit_code", number: Int(outcome.exitCode))
        if let started {
            put("pid", number: started.pid)
            if let tty = started.tty { put("tty", text: tty) }
        }
        if case .exited(let exit) = outcome { put(exit) }
        if case .failed(let report, _) = outcome {
            put("stage", text: report.stage)
            if let errno = report.errno { put("errno", text: errno) }
            if let field = report.field { put("field", text: field) }
        }
        if let message = outcome.message { put("message", text: message) }
    }

    private mutating func put(_ exit: Exit) {
        switch exit.status {
        case .code(let code): put("exit_code", number: code)
        case .signal(let signal):
            put("signal", number: signal)
            put("signal_name", text: Signal(rawValue: Int32(signal)).description)
        }
        members.append(("core_dumped", "\(exit.coreDumped)"))
        members.append(("oom", "\(exit.outOfMemory)"))
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

    /// The object on one line.
    var json: String { "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}\n" }

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
