/// SIGNAL. The signal stays as the client wrote it: the guest knows its own signals.
public struct SignalRequest: Equatable, Sendable {
    public enum Scope: String, Sendable, CaseIterable {
        /// The child alone.
        case leader
        /// Its process group; with a terminal, the terminal's foreground group.
        case group
        /// Every process of the session.
        case all
    }
    /// `TERM`, `SIGTERM`, `15`, `RTMIN+3`.
    public var signal: [UInt8]
    public var scope: Scope

    public init(signal: [UInt8], scope: Scope = .group) {
        self.signal = signal
        self.scope = scope
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("signal", signal)
        fields.put("scope", scope.rawValue)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var signal: [UInt8]?
        var scope: Scope?
        try FieldReader.each(payload) { field throws(WireError) in
            switch field.key {
            case "signal": try field.once(&signal, Field.nonEmpty)
            case "scope": try field.once(&scope, Scope.init(field:))
            default: throw field.isUnknown
            }
        }
        guard let signal else { throw .missingField("signal") }
        self.init(signal: signal, scope: scope ?? .group)
    }
}

extension SignalRequest.Scope {
    init(field: Field) throws(WireError) {
        guard let scope = Self(rawValue: try field.text()) else { throw field.isBad }
        self = scope
    }
}
