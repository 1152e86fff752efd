internal import PosternSys
internal import PosternWire

/// One JSON object, in the order in which its members were put. Texts of a guest are escaped before they get here.
struct JSONObject: Sendable {
    private var members: [(key: String, value: String)] = []

    mutating func put(_ key: String, number: some BinaryInteger) { members.append((key, "\(number)")) }
    mutating func put(_ key: String, text: String) { members.append((key, Self.quoted(text))) }
    mutating func put(_ key: String, _ flag: Bool) { members.append((key, "\(flag)")) }
    mutating func put(_ key: String, texts: [String]) {
        members.append((key, "[" + texts.map(Self.quoted).joined(separator: ",") + "]"))
    }

    /// Members that are only there when the value is.
    mutating func put(_ key: String, number: UInt64?) { if let number { put(key, number: number) } }
    mutating func put(_ key: String, text: String?) { if let text { put(key, text: text) } }

    /// The object on one line, without its end.
    var text: String { "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}" }

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

extension JSONObject {
    /// How a command ended.
    mutating func put(_ exit: Exit) {
        switch exit.status {
        case .code(let code): put("exit_code", number: code)
        case .signal(let signal):
            put("signal", number: signal)
            put("signal_name", text: Signal(rawValue: Int32(signal)).description)
        }
        put("core_dumped", exit.coreDumped)
        put("oom", exit.outOfMemory)
        put("cause", text: exit.cause?.rawValue)
        put("wall_usec", number: exit.wallTime)
        put("cpu_usec", number: exit.cpuTime)
        put("memory_peak_bytes", number: exit.peakMemory)
        put("stdin_bytes", number: exit.stdin)
        put("stdout_bytes", number: exit.stdout)
        put("stderr_bytes", number: exit.stderr)
    }
}
