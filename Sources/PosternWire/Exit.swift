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
        /// The connection was lost, and no client came back in time.
        case lost
        case removed
        /// systemd stopped the unit, or the guest goes down.
        case stop, shutdown, reboot
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
        put(into: &fields)
        return fields.bytes
    }

    /// As fields of a frame that has others, too.
    func put(into fields: inout FieldWriter) {
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
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var fields = Fields()
        try FieldReader.each(payload) { field throws(WireError) in
            guard try fields.take(field) else { throw field.isUnknown }
        }
        guard let exit = try fields.finish() else { throw .missingField("code") }
        self = exit
    }

    /// Collects EXIT's fields, in EXIT itself and in SESSION.
    struct Fields {
        private var code: UInt64?
        private var signal: UInt64?
        private var core: Bool?
        private var oom: Bool?
        private var cause: Cause?
        private var times: (wall: UInt64?, cpu: UInt64?)
        private var memory: UInt64?
        private(set) var bytes: (stdin: UInt64?, stdout: UInt64?, stderr: UInt64?)

        /// False when the field is not one of EXIT's.
        mutating func take(_ field: Field) throws(WireError) -> Bool {
            func number(_ field: Field) throws(WireError) -> UInt64 { try field.number() }
            func flag(_ field: Field) throws(WireError) -> Bool { try field.flag() }
            switch field.key {
            case "code": try field.once(&code) { f throws(WireError) in try f.number(in: 0...255) }
            case "signal": try field.once(&signal) { f throws(WireError) in try f.number(in: 1...64) }
            case "core": try field.once(&core, flag)
            case "oom": try field.once(&oom, flag)
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
            default: return false
            }
            return true
        }

        /// Nil when there was neither code nor signal, and nothing that only an end has.
        func finish() throws(WireError) -> Exit? {
            var exit: Exit
            switch (code, signal) {
            case (let code?, nil): exit = Exit(status: .code(UInt8(code)))
            case (nil, let signal?): exit = Exit(status: .signal(UInt8(signal)))
            case (nil, nil):
                guard core == nil, oom == nil, cause == nil, times == (nil, nil), memory == nil else {
                    throw .missingField("code")
                }
                return nil
            case (_?, _?): throw .repeatedField("signal")
            }
            exit.coreDumped = core ?? false
            exit.outOfMemory = oom ?? false
            exit.cause = cause
            exit.wallTime = times.wall ?? 0
            exit.cpuTime = times.cpu ?? 0
            exit.peakMemory = memory
            exit.stdin = bytes.stdin ?? 0
            exit.stdout = bytes.stdout ?? 0
            exit.stderr = bytes.stderr ?? 0
            return exit
        }
    }
}
