internal import PosternSys
public import PosternWire

/// Opens a session in a guest and carries it to its end.
public struct SessionClient: Sendable {
    public var target: Target
    public var request: SessionRequest
    public var options = SessionOptions()

    public init(target: Target, request: OpenRequest) {
        self.target = target
        self.request = .open(request)
    }

    public init(target: Target, attach request: AttachRequest) {
        self.target = target
        self.request = .attach(request)
    }

    /// A request with a new session id and token, and the window that this client keeps.
    public static func newRequest() -> OpenRequest {
        OpenRequest(session: .random(), token: .random(), limit: UInt64(OutputWindow.size))
    }

    /// A request for a session that is there, with a new token; none for a mirror.
    public static func newAttach(to session: [UInt8], readOnly: Bool) -> AttachRequest {
        AttachRequest(
            session: session, token: readOnly ? nil : .random(), window: UInt64(OutputWindow.size))
    }

    /// Runs the session, blocking until its end. The terminal is as it was when this returns.
    ///
    /// A worker that refuses a field that was only a wish is asked again without it, with the same id.
    public func run(_ streams: inout StandardStreams) -> Outcome {
        run(&streams, over: Dialer(target))
    }

    /// The same, over a connection to the target that was begun before.
    public func run(_ streams: inout StandardStreams, over dialer: consuming Dialer) -> Outcome {
        let began = MonotonicClock.nanoseconds()
        var request = request
        switch request {
        case .open(var open):
            // Whoever leaves at once wants none of the output.
            open.limit = open.detach ? 0 : UInt64(OutputWindow.size)
            request = .open(open)
        case .attach(var attach):
            attach.window = UInt64(OutputWindow.size)
            request = .attach(attach)
        }
        var outcome = attempt(request, &streams, dialer)
        while case .refused(let report) = outcome.ending, let wish = Self.refusedWish(report),
            request.drop(wish: wish)
        {
            outcome = attempt(request, &streams, Dialer(target))
        }
        outcome.duration = (MonotonicClock.nanoseconds() - began) / 1000
        return outcome
    }

    private func attempt(
        _ request: SessionRequest, _ streams: inout StandardStreams, _ dialer: consuming Dialer
    ) -> Outcome {
        var outcome = Outcome(ending: .lost(nil), session: request.session ?? .zero)
        let size = request.frame(connection: 1).payload.count
        guard size <= Limits.open else {
            // As the kernel says it of a command line that is too long.
            outcome.ending = .refused(
                ErrorReport(
                    stage: .exec, errno: "E2BIG",
                    text: "command and environment have \(size) bytes, a session takes \(Limits.open)"))
            return outcome
        }
        do throws(ConnectError) {
            let socket = try dialer.connect()
            var loop = try makeLoop(request, socket)
            outcome = loop.run(&streams)
        } catch {
            outcome.ending = .unreachable(error)
        }
        return outcome
    }

    private func makeLoop(
        _ request: SessionRequest, _ socket: consuming OwnedFD
    ) throws(ConnectError) -> ClientLoop {
        do throws(SysError) {
            try Signal.ignore(.pipe)
            return try ClientLoop(request, socket: socket, target: target, options: options)
        } catch {
            throw .failed(target, error)
        }
    }

    /// The wish that a worker does not know, where that was its reason.
    static func refusedWish(_ report: ErrorReport) -> String? {
        let stages = [ErrorReport.Stage.open.rawValue, ErrorReport.Stage.protocol.rawValue]
        guard stages.contains(report.stage), let field = report.field, OpenRequest.wishes.contains(field),
            report.text.contains("unknown field")
        else { return nil }
        return field
    }
}

extension OpenRequest {
    /// Takes a wish back. False when it was not made.
    mutating func drop(wish: String) -> Bool {
        switch wish {
        case "operator":
            defer { claimedOperator = nil }
            return claimedOperator != nil
        case "reason":
            defer { claimedReason = nil }
            return claimedReason != nil
        default: return false
        }
    }
}
