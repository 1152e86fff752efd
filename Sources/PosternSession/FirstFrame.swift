internal import PosternSys
internal import PosternSystemd
internal import PosternWire

/// The one frame a client may send before it is answered.
struct FirstFrame {
    enum Request {
        case open(OpenRequest)
        case attach(AttachRequest)
        case list(ListRequest)
        case order(OrderRequest)
    }
    let request: Request
    private let kind: FrameKind
    private let payload: [UInt8]

    /// As the client sent it.
    var verbatim: [UInt8] { FrameEncoder.frame(kind, payload) }

    init(_ kind: FrameKind, _ payload: [UInt8]) throws(WireError) {
        self.kind = kind
        self.payload = payload
        switch kind {
        case .open: request = .open(try OpenRequest(payload))
        case .attach: request = .attach(try AttachRequest(payload))
        case .list: request = .list(try ListRequest(payload))
        case .order: request = .order(try OrderRequest(payload))
        case .stdin, .stdinEOF, .resize, .signal, .detach, .hangup, .bye, .started, .stdout, .stderr, .exit,
            .error, .notice, .session, .gap, .window, .ping, .pong:
            throw .unexpectedFrame(kind)
        }
    }

    /// Reads it, and not one byte more, so that the connection could still be handed to another worker.
    ///
    /// Blocks for at most `seconds`, however slowly bytes come; a SIGTERM ends it, too.
    static func read(
        from socket: borrowing OwnedFD, within seconds: UInt64, _ signals: borrowing SignalFD
    ) throws(ErrorReport) -> FirstFrame {
        var clock = LoopClock()
        let deadline = clock.now + seconds * 1_000_000_000
        var decoder = FrameDecoder(from: .client)
        // Most requests are small, and the decoder collects what is not.
        var queue = ByteQueue(capacity: Limits.control)
        while true {
            let result: IOResult
            do throws(SysError) {
                result = try queue.fillSocket(from: socket, atMost: decoder.wanted)
                if result == .wouldBlock {
                    try wait(for: socket, signals, clock.milliseconds(until: deadline))
                }
            } catch {
                throw ErrorReport(
                    stage: .lost, errno: error.errno.name, text: "the connection failed: \(error)")
            }
            clock.turn()
            switch result {
            case .endOfFile:
                throw ErrorReport(stage: .lost, text: "the client went away before its request was complete")
            case .wouldBlock:
                if try wasTold(signals) {
                    let stage = StopReason.ask().stage
                    throw ErrorReport(stage: stage, text: "the guest is stopping this session's unit")
                }
            case .bytes:
                if let frame = try take(&queue, &decoder) { return frame }
            }
            guard clock.now < deadline else {
                throw ErrorReport(
                    stage: .deadline, text: "no complete request came within \(seconds) s (--open-timeout)")
            }
        }
    }

    private static func take(
        _ queue: inout ByteQueue, _ decoder: inout FrameDecoder
    ) throws(ErrorReport) -> FirstFrame? {
        do throws(WireError) {
            var position = 0
            let event = try queue.withReadable { bytes throws(WireError) in
                try decoder.next(in: bytes, at: &position)
            }
            queue.removeAll()
            switch event {
            case nil: return nil
            case .data(let kind, _): throw .unexpectedFrame(kind)
            case .control(let kind, let payload): return try FirstFrame(kind, payload)
            }
        } catch {
            throw ErrorReport(error)
        }
    }

    private static func wait(
        for socket: borrowing OwnedFD, _ signals: borrowing SignalFD, _ milliseconds: Int?
    ) throws(SysError) {
        var set = PollSet()
        _ = set.add(socket, read: true, write: false)
        _ = set.add(signals.descriptor, read: true, write: false)
        try set.wait(milliseconds: milliseconds)
    }

    private static func wasTold(_ signals: borrowing SignalFD) throws(ErrorReport) -> Bool {
        do throws(SysError) {
            return try signals.next() != nil
        } catch {
            throw ErrorReport(stage: .internal, errno: error.errno.name, text: "\(error)")
        }
    }
}

extension ErrorReport {
    /// A first frame that is wrong: by its fields (`open`), or not even a frame (`protocol`).
    init(_ error: WireError) {
        let stage: Stage =
            switch error {
            // Another version may mean anything else by its fields.
            case .badValue("version", _): .protocol
            case .unknownField, .missingField, .repeatedField, .badValue: .open
            case .unknownFrame, .unexpectedFrame, .badLength, .malformedFields, .windowOverrun: .protocol
            }
        self.init(stage: stage, field: error.field, text: error.description)
    }
}

extension StopReason {
    var stage: ErrorReport.Stage {
        switch self {
        case .stop: .stop
        case .shutdown: .shutdown
        case .reboot: .reboot
        }
    }
}
