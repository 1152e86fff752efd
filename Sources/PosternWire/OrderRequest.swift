/// LIST: which sessions there are, or this one.
public struct ListRequest: Equatable, Sendable {
    /// An id, a name, or the beginning of an id. Nil: all of them.
    public var session: [UInt8]?

    public init(session: [UInt8]? = nil) { self.session = session }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("session", session)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var session: [UInt8]?
        try FieldReader.each(payload) { field throws(WireError) in
            switch field.key {
            case "version": try field.once(&version, Field.version)
            case "session": try field.once(&session, Field.label)
            default: throw field.isUnknown
            }
        }
        guard version != nil else { throw .missingField("version") }
        self.init(session: session)
    }
}

/// ORDER: something to do with a session without attaching to it.
public struct OrderRequest: Equatable, Sendable {
    public enum Deed: Equatable, Sendable {
        case signal(SignalRequest)
        /// Answered when the session has ended.
        case wait
        /// End it and forget it.
        case remove
    }
    /// An id, a name, or the beginning of an id.
    public var session: [UInt8]
    public var deed: Deed
    /// Who asks: a claim.
    public var claimedOperator: [UInt8]?

    public init(session: [UInt8], deed: Deed) {
        self.session = session
        self.deed = deed
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", protocolVersion)
        fields.put("session", session)
        switch deed {
        case .signal(let request):
            fields.put("do", "signal")
            fields.put("signal", request.signal)
            fields.put("scope", request.scope.rawValue)
        case .wait: fields.put("do", "wait")
        case .remove: fields.put("do", "remove")
        }
        fields.put("operator", claimedOperator)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var version: UInt64?
        var session: [UInt8]?
        var word: [UInt8]?
        var signal: [UInt8]?
        var scope: SignalRequest.Scope?
        var claimedOperator: [UInt8]?
        try FieldReader.each(payload) { field throws(WireError) in
            switch field.key {
            case "version": try field.once(&version, Field.version)
            case "session": try field.once(&session, Field.label)
            case "do": try field.once(&word, Field.nonEmpty)
            case "signal": try field.once(&signal, Field.nonEmpty)
            case "scope": try field.once(&scope, SignalRequest.Scope.init(field:))
            case "operator": try field.once(&claimedOperator, Field.nonEmpty)
            default: throw field.isUnknown
            }
        }
        guard version != nil else { throw .missingField("version") }
        guard let session else { throw .missingField("session") }
        guard let word else { throw .missingField("do") }
        self.session = session
        self.claimedOperator = claimedOperator
        switch String(decoding: word, as: UTF8.self) {
        case "signal":
            guard let signal else { throw .missingField("signal") }
            deed = .signal(SignalRequest(signal: signal, scope: scope ?? .group))
            return
        case "wait": deed = .wait
        case "remove": deed = .remove
        default: throw .badValue("do", word)
        }
        if let signal { throw .badValue("signal", signal) }
        if let scope { throw .badValue("scope", Array(scope.rawValue.utf8)) }
    }
}
