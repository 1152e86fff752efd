public import PosternWire

/// What a client asks a guest for: a new session, or one that is there.
public enum SessionRequest: Equatable, Sendable {
    case open(OpenRequest)
    case attach(AttachRequest)
}

extension SessionRequest {
    /// How long an unanswered first frame is repeated, in milliseconds: while the guest still knows its id.
    private static let unanswered: UInt64 = 5 * 60 * 1000
    /// How long a client looks for a session that waits for ever.
    private static let attached: UInt64 = 24 * 3600 * 1000

    /// Watches, and has no say.
    var isMirror: Bool { if case .attach(let attach) = self { attach.readOnly } else { false } }
    /// Starts a session and leaves it at once.
    var isDetached: Bool { if case .open(let open) = self { open.detach } else { false } }
    var isAttach: Bool { if case .attach = self { true } else { false } }

    /// Whether the session outlives a connection, so that another one is worth trying. A worker that takes `linger`
    /// or `detach` is one that may be asked twice: one that cannot refuses the field.
    var survives: Bool {
        switch self {
        case .open(let open): open.detach || open.linger ?? 0 > 0
        case .attach(let attach): !attach.readOnly
        }
    }

    /// How long to look for a lost session, in milliseconds.
    func patience(isStarted: Bool) -> UInt64 {
        switch self {
        case _ where !isStarted: Self.unanswered
        case .open(let open): min(open.linger ?? 0, 1 << 40) * 1000
        case .attach: Self.attached
        }
    }

    /// The session as far as it is known before STARTED.
    var session: SessionID? {
        switch self {
        case .open(let open): open.session
        case .attach(let attach): SessionID(attach.session)
        }
    }

    /// The first frame of a connection before the session is known to live. `connection` counts from 1.
    func frame(connection: UInt64) -> (kind: FrameKind, payload: [UInt8]) {
        switch self {
        case .open(var open):
            open.connection = connection
            return (.open, open.encode())
        case .attach(var attach):
            attach.connection = connection
            return (.attach, attach.encode())
        }
    }

    /// The first frame of a connection that goes on with a session.
    func frame(
        connection: UInt64, resuming started: Started, offset: UInt64, window: UInt64
    ) -> (kind: FrameKind, payload: [UInt8]) {
        var attach: AttachRequest
        switch self {
        case .open(let open):
            attach = AttachRequest(session: [], token: open.token, window: window)
            attach.claimedOperator = open.claimedOperator
        case .attach(let first): attach = first
        }
        attach.session = Array(started.session.text.utf8)
        attach.connection = connection
        attach.offset = offset
        attach.window = window
        attach.boot = started.boot
        // Once was enough: whoever takes the session from us by the same right shall keep it.
        attach.takeOver = false
        return (.attach, attach.encode())
    }

    /// Takes back a wish that the worker does not know. False when it was not made.
    mutating func drop(wish: String) -> Bool {
        switch self {
        case .open(var open):
            defer { self = .open(open) }
            return open.drop(wish: wish)
        case .attach(var attach):
            guard wish == "operator", attach.claimedOperator != nil else { return false }
            attach.claimedOperator = nil
            self = .attach(attach)
            return true
        }
    }
}
