/// EXIT: how the session's child ended, and what the session was. Always the worker's last frame.
public struct Exit: Equatable, Sendable {
    public enum Status: Equatable, Sendable {
        case code(UInt8)
        /// Killed by this signal.
        case signal(UInt8)
    }
    /// Why the worker ended the child, where it did.
    public enum Cause: String, Sendable, CaseIterable {
        case timeout
        case idle
        case hangup
    }

    public var status: Status
    public var coreDumped = false
    /// A process of the session was killed for want of memory.
    public var outOfMemory = false
    public var cause: Cause?
    /// Since the child was started, in microseconds.
    public var wallTime: UInt64 = 0
    /// User and system time of the child and what it waited for, in microseconds.
    public var cpuTime: UInt64 = 0
    /// Bytes, where the guest knows.
    public var peakMemory: UInt64?
    /// Bytes the child took.
    public var stdin: UInt64 = 0
    public var stdout: UInt64 = 0
    public var stderr: UInt64 = 0

    public init(status: Status) { self.status = status }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        switch status {
        case .code(let code): fields.put("code", UInt64(code))
        case .signal(let signal): fields.put("signal", UInt64(signal))
        }
        fields.put("core", on: coreDumped)
        fields.put("oom", on: outOfMemory)
        fields.put("cause", cause?.rawValue)
        fields.put("wall-usec", wallTime)
        fields.put("cpu-usec", cpuTime)
        fields.put("memory-peak", peakMemory)
        fields.put("stdin", stdin)
        fields.put("stdout", stdout)
        fields.put("stderr", stderr)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var code: UInt64?
        var signal: UInt64?
        var flags: (core: Bool?, oom: Bool?)
        var cause: Cause?
        var times: (wall: UInt64?, cpu: UInt64?)
        var memory: UInt64?
        var bytes: (stdin: UInt64?, stdout: UInt64?, stderr: UInt64?)
        try FieldReader.each(payload) { field throws(WireError) in
            func number(_ field: Field) throws(WireError) -> UInt64 { try field.number() }
            func flag(_ field: Field) throws(WireError) -> Bool { try field.flag() }
            switch field.key {
            case "code": try field.once(&code) { f throws(WireError) in try f.number(in: 0...255) }
            case "signal": try field.once(&signal) { f throws(WireError) in try f.number(in: 1...64) }
            case "core": try field.once(&flags.core, flag)
            case "oom": try field.once(&flags.oom, flag)
            case "cause":
                try field.once(&cause) { f throws(WireError) in
                    guard let cause = Cause(rawValue: try f.text()) else { throw f.isBad }
                    return cause
                }
            case "wall-usec": try field.once(&times.wall, number)
            case "cpu-usec": try field.once(&times.cpu, number)
            case "memory-peak": try field.once(&memory, number)
            case "stdin": try field.once(&bytes.stdin, number)
            case "stdout": try field.once(&bytes.stdout, number)
            case "stderr": try field.once(&bytes.stderr, number)
            default: throw field.isUnknown
            }
        }
        switch (code, signal) {
        case (let code?, nil): self.init(status: .code(UInt8(code)))
        case (nil, let signal?): self.init(status: .signal(UInt8(signal)))
        case (nil, nil): throw .missingField("code")
        case (_?, _?): throw .repeatedField("signal")
        }
        coreDumped = flags.core ?? false
        outOfMemory = flags.oom ?? false
        self.cause = cause
        wallTime = times.wall ?? 0
        cpuTime = times.cpu ?? 0
        peakMemory = memory
        stdin = bytes.stdin ?? 0
        stdout = bytes.stdout ?? 0
        stderr = bytes.stderr ?? 0
    }
}
