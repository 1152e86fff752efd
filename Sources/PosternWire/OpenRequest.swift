/// OPEN: everything a session is asked to be. PROTOCOL.md, "OPEN".
///
/// Values are bytes as the kernel takes them; none holds a NUL. Optional ones are absent from the frame when
/// nil, and the worker then does what its unit says.
public struct OpenRequest: Equatable, Sendable {
    /// The session's id, chosen by the client: 128 random bits in lower-case hexadecimal.
    public var session: SessionID
    /// The writer's secret, same form. Whoever shows it again with a higher `connection` is the same writer.
    public var token: SessionID
    /// Counts this writer's connections to the session, from 1.
    public var connection: UInt64 = 1
    /// The command and its arguments; none means the user's shell.
    public var arguments: [[UInt8]] = []
    /// `NAME=value` entries set in the child's environment.
    public var environment: [[UInt8]] = []
    public var workingDirectory: [UInt8]?
    /// Create the working directory, as the target user, when it is missing.
    public var makeDirectory = false
    /// A name or a number.
    public var user: [UInt8]?
    public var group: [UInt8]?
    /// The terminal to make; nil means three pipes.
    public var terminal: Terminal?
    /// Whether the client sends stdin. Without it the child's stdin is empty.
    public var stdin = false
    public var resourceLimits: [ResourceLimit] = []
    /// −1000…1000.
    public var oomScoreAdjust: Int?
    /// Seconds the session may last.
    public var timeout: UInt64?
    /// Seconds the session may pass without a byte in either direction.
    public var idle: UInt64?
    /// Seconds that the session waits for its client when the connection is lost; nil or 0: it ends at once.
    public var linger: UInt64?
    /// Start without a client: somebody may attach later.
    public var detach = false
    /// Seconds that input is held back at most, until the first output.
    public var holdInput: UInt64?
    /// A name for people, unique among the living sessions of a template.
    public var name: [UInt8]?
    /// The container to run in, and the image to make one from; what they mean is the unit's affair.
    public var container: [UInt8]?
    public var image: [UInt8]?
    /// What the client says of who asks, and why. Claims, recorded as claims.
    public var claimedOperator: [UInt8]?
    public var claimedReason: [UInt8]?
    /// Up to which output offset the worker may send.
    public var limit: UInt64

    public init(session: SessionID, token: SessionID, limit: UInt64) {
        self.session = session
        self.token = token
        self.limit = limit
    }

    public struct Terminal: Equatable, Sendable {
        /// The client's TERM; the worker falls back when the guest does not know it.
        public var type: [UInt8]?
        public var size: TerminalSize?

        public init(type: [UInt8]?, size: TerminalSize?) {
            self.type = type
            self.size = size
        }
    }

    /// `NAME=SOFT:HARD`, numbers or `unlimited`.
    public struct ResourceLimit: Equatable, Sendable {
        public static let unlimited = UInt64.max
        /// Lower case, without `RLIMIT_`. Whether there is one of this name, the worker knows.
        public var resource: String
        public var soft: UInt64
        public var hard: UInt64

        public init(resource: String, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }

        /// Reads `NAME=SOFT[:HARD]`; nil when it is not that. Case and `RLIMIT_` do not matter.
        public init?(_ text: [UInt8]) {
            guard let text = String(validating: text, as: UTF8.self) else { return nil }
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { return nil }
            let values = sides[1].split(separator: ":", omittingEmptySubsequences: false)
            guard (1...2).contains(values.count) else { return nil }
            guard let soft = Self.number(values[0]), let hard = Self.number(values[values.count - 1])
            else { return nil }
            var name = sides[0].lowercased()
            if name.hasPrefix("rlimit_") { name.removeFirst(7) }
            // Letters only, so that what was read is written, and read again, the same.
            guard !name.isEmpty,
                name.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
            else { return nil }
            self.init(resource: name, soft: soft, hard: hard)
        }

        private static func number(_ text: Substring) -> UInt64? {
            text == "unlimited" || text == "infinity" ? unlimited : Decimal.unsigned(text.utf8)
        }

        public var description: String {
            func show(_ value: UInt64) -> String { value == Self.unlimited ? "unlimited" : String(value) }
            return "\(resource)=\(show(soft)):\(show(hard))"
        }
    }
}

extension OpenRequest {
    /// Fields that are wishes: when a worker does not know one of them, the client asks again without it.
    public static let wishes: Set<String> = ["operator", "reason"]

    /// The payload of an OPEN frame.
    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("session", session.text)
        fields.put("token", token.text)
        fields.put("connection", connection)
        fields.put("limit", limit)
        for argument in arguments { fields.put("arg", argument) }
        for entry in environment { fields.put("env", entry) }
        fields.put("cwd", workingDirectory)
        fields.put("mkdir", on: makeDirectory)
        fields.put("user", user)
        fields.put("group", group)
        if let terminal {
            fields.put("tty", on: true)
            fields.put("term", terminal.type)
            terminal.size?.put(in: &fields)
        }
        fields.put("stdin", on: stdin)
        for limit in resourceLimits { fields.put("rlimit", limit.description) }
        fields.put("oom-score-adj", oomScoreAdjust.map(String.init))
        fields.put("timeout", timeout)
        fields.put("idle", idle)
        fields.put("linger", linger)
        fields.put("detach", on: detach)
        fields.put("hold-input", holdInput)
        fields.put("name", name)
        fields.put("container", container)
        fields.put("image", image)
        fields.put("operator", claimedOperator)
        fields.put("reason", claimedReason)
        return fields.bytes
    }

    /// Reads the payload of an OPEN frame.
    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var session: SessionID?
        var token: SessionID?
        var connection: UInt64?
        var limit: UInt64?
        var tty: Bool?
        var term: [UInt8]?
        var size = TerminalSize.Reader()
        var flags: (mkdir: Bool?, stdin: Bool?, detach: Bool?)
        self.init(session: .zero, token: .zero, limit: 0)
        var reader = FieldReader(payload)
        while let field = try reader.next() {
            let value = field.value
            switch field.key {
            case "version": try field.once(&version, Field.version)
            case "session": try field.once(&session, SessionID.init(field:))
            case "token": try field.once(&token, SessionID.init(field:))
            case "connection":
                try field.once(&connection) { f throws(WireError) in try f.number(in: 1...UInt64.max) }
            case "limit": try field.once(&limit) { f throws(WireError) in try f.number() }
            case "arg": arguments.append(value)
            case "env":
                guard let equals = value.firstIndex(of: UInt8(ascii: "=")), equals > 0 else {
                    throw field.isBad
                }
                environment.append(value)
            case "cwd": try field.once(&workingDirectory, Field.nonEmpty)
            case "mkdir": try field.once(&flags.mkdir) { f throws(WireError) in try f.flag() }
            case "user": try field.once(&user, Field.nonEmpty)
            case "group": try field.once(&group, Field.nonEmpty)
            case "tty": try field.once(&tty) { f throws(WireError) in try f.flag() }
            case "term": try field.once(&term, Field.nonEmpty)
            case "stdin": try field.once(&flags.stdin) { f throws(WireError) in try f.flag() }
            case "rlimit":
                guard let limit = ResourceLimit(value) else { throw field.isBad }
                resourceLimits.append(limit)
            case "oom-score-adj":
                try field.once(&oomScoreAdjust) { f throws(WireError) in
                    guard let number = Decimal.signed(f.value), (-1000...1000).contains(number) else {
                        throw f.isBad
                    }
                    return Int(number)
                }
            case "timeout": try field.once(&timeout, Field.seconds)
            case "idle": try field.once(&idle, Field.seconds)
            case "linger":
                try field.once(&linger) { f throws(WireError) in try f.number(in: 0...Field.longestSpan) }
            case "detach": try field.once(&flags.detach) { f throws(WireError) in try f.flag() }
            case "hold-input":
                try field.once(&holdInput) { f throws(WireError) in try f.number(in: 0...3600) }
            case "name": try field.once(&name, Field.label)
            case "container": try field.once(&container, Field.container)
            case "image": try field.once(&image, Field.image)
            case "operator": try field.once(&claimedOperator, Field.nonEmpty)
            case "reason": try field.once(&claimedReason, Field.nonEmpty)
            default:
                guard try size.take(field) else { throw field.isUnknown }
            }
        }
        guard version != nil else { throw .missingField("version") }
        guard let session else { throw .missingField("session") }
        guard let token else { throw .missingField("token") }
        guard let limit else { throw .missingField("limit") }
        self.session = session
        self.token = token
        self.limit = limit
        self.connection = connection ?? 1
        makeDirectory = flags.mkdir ?? false
        stdin = flags.stdin ?? false
        detach = flags.detach ?? false
        if tty == true {
            terminal = Terminal(type: term, size: try size.finish())
        } else if term != nil || size.any {
            throw .missingField("tty")
        }
        if makeDirectory, workingDirectory == nil { throw .missingField("cwd") }
    }
}

extension Field {
    static func nonEmpty(_ field: Field) throws(WireError) -> [UInt8] {
        guard !field.value.isEmpty else { throw field.isBad }
        return field.value
    }

    /// What a session is called by people.
    static func label(_ field: Field) throws(WireError) -> [UInt8] {
        guard (1...64).contains(field.value.count) else { throw field.isBad }
        return field.value
    }

    /// A container's name: a word that is no path and no option, whichever tool it is given to.
    static func container(_ field: Field) throws(WireError) -> [UInt8] {
        try field.word(atMost: 64, beside: "_.-")
    }

    /// An image's reference: registry, path, tag and digest.
    static func image(_ field: Field) throws(WireError) -> [UInt8] {
        try field.word(atMost: 255, beside: "_.-/:@+")
    }

    /// Letters and digits, and behind the first of them some others.
    private func word(atMost limit: Int, beside others: String) throws(WireError) -> [UInt8] {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: false
            }
        }
        let extra = others.utf8
        guard let first = value.first, isPlain(first), value.count <= limit,
            value.allSatisfy({ isPlain($0) || extra.contains($0) })
        else { throw isBad }
        return value
    }

    static func version(_ field: Field) throws(WireError) -> UInt64 {
        try field.number(in: protocolVersion...protocolVersion)
    }

    /// A hundred years, in seconds.
    static let longestSpan: UInt64 = 3_155_760_000

    /// A span of time that cannot be nothing.
    static func seconds(_ field: Field) throws(WireError) -> UInt64 {
        try field.number(in: 1...longestSpan)
    }
}
