/// What a frame is: the first byte of its header. PROTOCOL.md, "Frames".
public enum FrameKind: UInt8, Sendable, CaseIterable {
    // The client's first frame, one of these.
    case open = 0x01
    case attach = 0x02
    case list = 0x03
    case order = 0x04

    // The client, once it was answered.
    case stdin = 0x10
    case stdinEOF = 0x11
    case resize = 0x12
    case signal = 0x13
    case detach = 0x14
    case hangup = 0x15
    case bye = 0x16

    // The worker.
    case started = 0x20
    case stdout = 0x21
    case stderr = 0x22
    case exit = 0x23
    case error = 0x24
    case notice = 0x25
    case session = 0x26
    case gap = 0x27

    // Both.
    case window = 0x30
    case ping = 0x31
    case pong = 0x32

    /// The payload lengths this kind may have, in bytes.
    public var lengths: ClosedRange<Int> {
        switch self {
        case .open: 1...Limits.open
        case .stdin, .stdout, .stderr: 1...Limits.data
        case .stdinEOF, .detach, .hangup, .bye: 0...0
        case .attach, .list, .order, .resize, .signal, .started, .exit, .error, .notice, .session, .gap,
            .window, .ping, .pong:
            0...Limits.control
        }
    }

    /// Whether the payload is raw bytes of the session, not fields.
    public var isData: Bool {
        switch self {
        case .stdin, .stdout, .stderr: true
        case .open, .attach, .list, .order, .stdinEOF, .resize, .signal, .detach, .hangup, .bye, .started,
            .exit, .error, .notice, .session, .gap, .window, .ping, .pong:
            false
        }
    }

    /// Whether `sender` may send this kind at all.
    public func comes(from sender: Side) -> Bool {
        switch self {
        case .open, .attach, .list, .order, .stdin, .stdinEOF, .resize, .signal, .detach, .hangup, .bye:
            sender == .client
        case .started, .stdout, .stderr, .exit, .error, .notice, .session, .gap:
            sender == .worker
        case .window, .ping, .pong:
            true
        }
    }
}

/// The two ends of a connection.
public enum Side: Sendable {
    case client
    case worker
}

/// The protocol's fixed sizes, in bytes.
public enum Limits {
    /// Type and length.
    public static let header = 5
    /// A data frame's payload.
    public static let data = 64 * 1024
    /// A control frame's payload, but for OPEN.
    public static let control = 4 * 1024
    /// OPEN's payload: a command line and an environment fit, and no more.
    public static let open = 1024 * 1024
    /// ERROR's and NOTICE's text; longer ones are cut, so that the frame stays below `control`.
    public static let text = 1024
}

/// The version of the protocol spoken here.
public let protocolVersion: UInt64 = 1

extension FrameKind: CustomStringConvertible {
    /// Its name in PROTOCOL.md.
    public var description: String {
        switch self {
        case .open: "OPEN"
        case .attach: "ATTACH"
        case .list: "LIST"
        case .order: "ORDER"
        case .stdin: "STDIN"
        case .stdinEOF: "STDIN_EOF"
        case .resize: "RESIZE"
        case .signal: "SIGNAL"
        case .detach: "DETACH"
        case .hangup: "HANGUP"
        case .bye: "BYE"
        case .started: "STARTED"
        case .stdout: "STDOUT"
        case .stderr: "STDERR"
        case .exit: "EXIT"
        case .error: "ERROR"
        case .notice: "NOTICE"
        case .session: "SESSION"
        case .gap: "GAP"
        case .window: "WINDOW"
        case .ping: "PING"
        case .pong: "PONG"
        }
    }
}
