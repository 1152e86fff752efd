public import PosternSys
public import PosternWire

/// Asks a guest about its sessions, or to do something to one, without attaching to it. Blocks until the answer.
public struct Inquiry: Sendable {
    /// More sessions than any guest has: an answer that goes on beyond is none.
    private static let most = 10_000
    /// A worker whose answer takes its time sends PING; one that is silent for longer is dead. Milliseconds.
    var silence = 45_000

    private let target: Target

    public init(target: Target) { self.target = target }

    /// The sessions that the guest shows us, or the one that `session` names.
    public func list(_ session: [UInt8]? = nil) throws(InquiryError) -> [SessionInfo] {
        try ask(.list, ListRequest(session: session).encode())
    }

    /// Has `order` carried out, and returns the session as it is then.
    public func order(_ order: OrderRequest) throws(InquiryError) -> SessionInfo {
        var order = order
        var answer: [SessionInfo]
        do throws(InquiryError) {
            answer = try ask(.order, order.encode())
        } catch {
            // Who asks is only a wish, as in OPEN.
            guard case .refused(let report) = error, SessionClient.refusedWish(report) == "operator",
                order.claimedOperator != nil
            else { throw error }
            order.claimedOperator = nil
            answer = try ask(.order, order.encode())
        }
        guard answer.count == 1, let info = answer.first else {
            throw .broken("\(answer.count) sessions are no answer to an order")
        }
        return info
    }

    private func ask(_ kind: FrameKind, _ payload: [UInt8]) throws(InquiryError) -> [SessionInfo] {
        var connection: Connection
        do throws(ConnectError) {
            connection = Connection(try Dialer.connect(to: target))
        } catch {
            throw .unreachable(error)
        }
        connection.sender.append(kind, payload)
        var answer: [SessionInfo] = []
        while true {
            switch try Self.take(&answer, from: &connection) {
            case .unfinished: try fill(&connection)
            case .refused(let report): throw .refused(report)
            case .whole:
                connection.sender.append(.bye)
                connection.send()
                connection.close()
                return answer
            }
        }
    }

    /// Sends what is to be sent and waits for something to come.
    private func fill(_ connection: inout Connection) throws(InquiryError) {
        do throws(SysError) {
            while true {
                connection.send()
                switch try connection.fill() {
                case .bytes: return
                case .endOfFile: break
                case .wouldBlock:
                    var set = PollSet()
                    _ = connection.watch(in: &set)
                    // 0 is also what a signal that was handled elsewhere leaves: the clock decides.
                    let until = MonotonicClock.milliseconds() + UInt64(silence)
                    if try set.wait(milliseconds: silence) == 0, MonotonicClock.milliseconds() >= until {
                        throw SysError(call: "recv", errno: .connectionTimedOut)
                    }
                    continue
                }
                break
            }
        } catch {
            throw .lost(error)
        }
        throw .lost(nil)
    }

    private enum Progress {
        case unfinished
        case whole
        case refused(ErrorReport)
    }

    /// Takes what has come into `answer`.
    private static func take(
        _ answer: inout [SessionInfo], from connection: inout Connection
    ) throws(InquiryError) -> Progress {
        var position = 0
        do throws(WireError) {
            while true {
                let event = try connection.inbox.withReadable { bytes throws(WireError) in
                    try connection.decoder.next(in: bytes, at: &position)
                }
                switch event {
                case nil:
                    connection.inbox.removeAll()
                    return .unfinished
                case .control(.session, let payload):
                    if payload.isEmpty { return .whole }
                    guard answer.count < most else { throw WireError.windowOverrun }
                    answer.append(try SessionInfo(payload))
                case .control(.error, let payload):
                    return .refused(try ErrorReport(payload))
                case .control(.ping, let payload):
                    guard connection.sender.hasRoomForReplies else { throw WireError.windowOverrun }
                    connection.sender.append(.pong, payload)
                case .control(.pong, _): break
                case .control(let kind, _), .data(let kind, _): throw WireError.unexpectedFrame(kind)
                }
            }
        } catch {
            throw .broken(error.description)
        }
    }
}

/// Why there is no answer.
public enum InquiryError: Error, Sendable {
    case unreachable(ConnectError)
    case refused(ErrorReport)
    case lost(SysError?)
    case broken(String)
}

extension InquiryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let error): error.description
        case .refused(let report): Outcome.message(report)
        case .lost(let error):
            "connection lost before the guest answered" + (error.map { " (\($0))" } ?? "")
        case .broken(let why): "the worker broke the protocol: \(why)"
        }
    }
}
