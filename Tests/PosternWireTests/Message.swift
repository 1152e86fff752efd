import PosternWire

/// A frame's meaning, whatever kind it is.
enum Message: Equatable {
    case open(OpenRequest)
    case attach(AttachRequest)
    case list(ListRequest)
    case order(OrderRequest)
    case resize(TerminalSize)
    case signal(SignalRequest)
    case window(WindowUpdate)
    case started(Started)
    case exit(Exit)
    case error(ErrorReport)
    case notice(Notice)
    /// Nil: the end of a list.
    case session(SessionInfo?)
    case gap(Gap)
    /// No fields.
    case plain(FrameKind, [UInt8])

    init(_ kind: FrameKind, _ payload: [UInt8]) throws(WireError) {
        switch kind {
        case .open: self = .open(try OpenRequest(payload))
        case .attach: self = .attach(try AttachRequest(payload))
        case .list: self = .list(try ListRequest(payload))
        case .order: self = .order(try OrderRequest(payload))
        case .resize: self = .resize(try TerminalSize(payload))
        case .signal: self = .signal(try SignalRequest(payload))
        case .window: self = .window(try WindowUpdate(payload))
        case .started: self = .started(try Started(payload))
        case .exit: self = .exit(try Exit(payload))
        case .error: self = .error(try ErrorReport(payload))
        case .notice: self = .notice(try Notice(payload))
        case .session: self = .session(payload.isEmpty ? nil : try SessionInfo(payload))
        case .gap: self = .gap(try Gap(payload))
        case .stdin, .stdinEOF, .detach, .hangup, .bye, .stdout, .stderr, .ping, .pong:
            self = .plain(kind, payload)
        }
    }

    var frame: [UInt8] {
        switch self {
        case .open(let message): FrameEncoder.frame(.open, message.encode())
        case .attach(let message): FrameEncoder.frame(.attach, message.encode())
        case .list(let message): FrameEncoder.frame(.list, message.encode())
        case .order(let message): FrameEncoder.frame(.order, message.encode())
        case .resize(let message): FrameEncoder.frame(.resize, message.encode())
        case .signal(let message): FrameEncoder.frame(.signal, message.encode())
        case .window(let message): FrameEncoder.frame(.window, message.encode())
        case .started(let message): FrameEncoder.frame(.started, message.encode())
        case .exit(let message): FrameEncoder.frame(.exit, message.encode())
        case .error(let message): FrameEncoder.frame(.error, message.encode())
        case .notice(let message): FrameEncoder.frame(.notice, message.encode())
        case .session(let message): FrameEncoder.frame(.session, message?.encode() ?? [])
        case .gap(let message): FrameEncoder.frame(.gap, message.encode())
        case .plain(let kind, let payload): FrameEncoder.frame(kind, payload)
        }
    }
}
