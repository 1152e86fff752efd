/// ERROR: the last frame of a connection that did not end with EXIT.
public struct ErrorReport: Error, Equatable, Sendable {
    /// Where it went wrong. Receivers treat one they do not know as a failure of the worker's own.
    public var stage: String
    /// The errno's name, `ENOENT`, where a system call failed.
    public var errno: String?
    /// The field of the request it is about.
    public var field: String?
    public var text: String

    public init(stage: Stage, errno: String? = nil, field: String? = nil, text: String) {
        self.stage = stage.rawValue
        self.errno = errno
        // A peer chose the key, and the frame has its limit.
        self.field = field.map { Text.cut($0, to: Limits.text / 4) }
        self.text = Text.cut(text)
    }

    /// The session is there, and its worker did not answer: who asks again later may be answered.
    public static func silent(_ text: String) -> ErrorReport {
        ErrorReport(stage: .session, errno: timedOut, text: text)
    }

    public var isSilent: Bool { stage == Stage.session.rawValue && errno == Self.timedOut }
    private static let timedOut = "ETIMEDOUT"

    public enum Stage: String, Sendable, CaseIterable {
        // Before a session was asked for.
        case activation, peer, deadline, `protocol`, unsupported
        // What was asked for.
        case open, policy, session, user, group
        // Making it so.
        case cleanup, prepare, cgroup, pty, pipe, fork, rlimit, oomScore = "oom-score", terminal, credentials,
            mkdir,
            cwd
        case exec
        // A session's end that is not its child's.
        case stop, shutdown, reboot, lost, rebooted, takenOver = "taken-over", `internal`
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("stage", stage)
        fields.put("errno", errno)
        fields.put("field", field)
        // Texts quote what a peer sent; a NUL among it was escaped by Text.printable.
        fields.put("text", text)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var stage: String?
        var errno: String?
        var about: String?
        var text: String?
        try FieldReader.each(payload) { field throws(WireError) in
            func shown(_ field: Field) throws(WireError) -> String { Text.printable(field.value) }
            switch field.key {
            case "version": try field.once(&version) { f throws(WireError) in try f.number() }
            case "stage": try field.once(&stage, shown)
            case "errno": try field.once(&errno, shown)
            case "field": try field.once(&about, shown)
            case "text": try field.once(&text, shown)
            default: throw field.isUnknown
            }
        }
        guard let stage else { throw .missingField("stage") }
        guard let text else { throw .missingField("text") }
        self.stage = stage
        self.errno = errno
        self.field = about
        self.text = text
    }
}
