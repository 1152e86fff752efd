import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// A machine at work, with small numbers: a stdin window of 1,000 bytes, an output limit of 100, 5 s of grace.
struct Bench {
    static let second: UInt64 = 1_000_000_000
    static let window = 1000
    var machine: SessionMachine
    var now: UInt64 = 0

    init(
        stdin: Bool = true, timeout: UInt64? = nil, idle: UInt64? = nil, linger: UInt64? = nil,
        detach: Bool = false,
        mayDetach: Bool = true
    ) {
        var request = OpenRequest(session: .zero, token: .zero, limit: 100)
        request.stdin = stdin
        request.linger = linger
        request.detach = detach
        machine = SessionMachine(
            request: request, stdinWindow: Self.window, grace: 5 * Self.second,
            timeout: timeout.map { $0 * Self.second }, idle: idle.map { $0 * Self.second },
            mayDetach: mayDetach,
            now: 0)
    }

    mutating func handle(_ event: SessionMachine.Event) -> [SessionMachine.Action] {
        machine.handle(event, now: now)
    }

    mutating func send(_ kind: FrameKind, _ payload: [UInt8] = []) -> [SessionMachine.Action] {
        handle(.control(kind, payload))
    }

    /// Lets seconds pass, with a tick at their end.
    mutating func pass(seconds: UInt64) -> [SessionMachine.Action] {
        now += seconds * Self.second
        return handle(.tick)
    }

    /// The child has exited, and all its output is in the log.
    mutating func finish() -> [SessionMachine.Action] {
        handle(.childExited) + handle(.reaped)
    }

    /// The child has said `read` bytes, and the client was sent `sent` of them and has written `consumed`.
    mutating func output(read: Int, sent: UInt64, consumed: UInt64) {
        _ = handle(.outputRead(read))
        _ = handle(.outputSent(sent))
        _ = send(.window, WindowUpdate(consumed: consumed, limit: 1000).encode())
    }
}

typealias Action = SessionMachine.Action

func protocolError(_ error: WireError) -> [Action] {
    let report = ErrorReport(stage: .protocol, field: error.field, text: error.description)
    return [.audit(.protocolError(error)), .send(.error, report.encode()), .hangUpSession]
}

/// What a lost connection comes to first.
func lost(lingers: Bool, output: UInt64 = 0, input: UInt64 = 0) -> [Action] {
    [.audit(.lost(lingers: lingers, output: output, input: input)), .disconnect]
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The stage and the field of the refusal that `body` must throw.
func refusal<Value: ~Copyable>(_ body: () throws(ErrorReport) -> Value) -> ErrorReport? {
    do throws(ErrorReport) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
