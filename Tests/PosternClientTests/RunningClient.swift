import Dispatch
import PosternSys
import PosternWire
import Synchronization
import Testing

@testable import PosternClient

/// All of this module's tests, one at a time: each has a thread of its own and deadlines.
@Suite(.serialized)
enum ClientTests {}

/// How long an event may take before a test fails, in milliseconds.
let deadline = 10_000

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// An event that did not come.
struct TimedOut: Error {}

/// A client at work in a thread of its own, and the other ends of everything it holds: the test is its worker, and
/// what stands before and behind it in a pipeline.
struct RunningClient: ~Copyable {
    let request: OpenRequest
    var worker: OwnedFD?
    var stdin: OwnedFD?
    var stdout: OwnedFD?
    var stderr: OwnedFD?
    private let outcome: Box
    private var decoder = FrameDecoder(from: .client)
    private var inbox = ByteQueue(capacity: 1 << 21)

    final class Box: Sendable {
        let value = Mutex<Outcome?>(nil)
        let done = DispatchSemaphore(value: 0)
    }

    init(_ change: (inout OpenRequest) -> Void = { _ in }) throws {
        try Signal.ignore(.pipe)
        var changed = SessionClient.newRequest()
        change(&changed)
        let request = changed
        let sockets = try SocketPair()
        let inputPipe = try Pipe()
        let outputPipe = try Pipe()
        let errorPipe = try Pipe()
        let raw = (
            socket: try sockets.first.duplicate().release(),
            input: try inputPipe.readEnd.duplicate().release(),
            output: try outputPipe.writeEnd.duplicate().release(),
            error: try errorPipe.writeEnd.duplicate().release()
        )
        let worker: OwnedFD? = try sockets.second.duplicate()
        let stdin: OwnedFD? = try inputPipe.writeEnd.duplicate()
        let stdout: OwnedFD? = try outputPipe.readEnd.duplicate()
        let stderr: OwnedFD? = try errorPipe.readEnd.duplicate()
        let box = Box()
        DispatchQueue.global().async {
            let result = Self.run(request, raw.socket, raw.input, raw.output, raw.error)
            box.value.withLock { $0 = result }
            box.done.signal()
        }
        self.request = request
        self.worker = worker
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        outcome = box
    }

    private static func run(
        _ request: OpenRequest, _ socket: Int32, _ input: Int32, _ output: Int32, _ error: Int32
    ) -> Outcome {
        let ends = [input, output, error]
        let input = OwnedFD(owning: ends[0])
        let output = OwnedFD(owning: ends[1])
        let errors = OwnedFD(owning: ends[2])
        do throws(SysError) {
            var streams = StandardStreams(
                input: try StandardStream(inherited: input.raw, writing: false),
                output: try StandardStream(inherited: output.raw, writing: true),
                error: try StandardStream(inherited: errors.raw, writing: true))
            var loop = try ClientLoop(
                request, socket: OwnedFD(owning: socket), takesSignals: false, watchesEscape: true,
                onStarted: { _ in })
            return loop.run(&streams)
        } catch {
            return Outcome(ending: .internalFailure(error), session: request.session)
        }
    }

    // MARK: - The worker's side

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) throws {
        switch worker {
        case .none: throw TimedOut()
        case .some(let socket): try Files.writeAll(bytes, to: socket)
        }
    }

    func send(_ kind: FrameKind, _ payload: [UInt8] = []) throws {
        try send(FrameEncoder.frame(kind, payload))
    }

    /// The usual beginning.
    mutating func start(limit: UInt64 = 1 << 17) throws {
        _ = try expect(.open)
        try send(.started, Started(session: request.session, pid: 42, tty: nil, limit: limit).encode())
    }

    /// The next frame of the client, which has to be of this kind. Data frames come in whatever pieces they came.
    mutating func expect(_ kind: FrameKind) throws -> [UInt8] {
        let event = try next()
        switch event {
        case .data(kind, let range): return Array(inboxCopy[range])
        case .control(kind, let payload): return payload
        default:
            Issue.record("expected \(kind), got \(String(describing: event))")
            throw TimedOut()
        }
    }

    private var inboxCopy: [UInt8] = []
    private var position = 0

    /// The next frame, nil at the end of the connection.
    mutating func next() throws -> FrameDecoder.Event? {
        while true {
            let received = inboxCopy
            var here = position
            let event = try decoder.next(in: received.span, at: &here)
            position = here
            if let event { return event }
            inboxCopy = []
            position = 0
            switch worker {
            case .none: return nil
            case .some(let socket):
                try awaitInput(socket)
                if try inbox.fillSocket(from: socket) == .endOfFile { return nil }
                inboxCopy = inbox.copy()
                inbox.removeAll()
            }
        }
    }

    // MARK: - The end

    /// How the client ended.
    func finish() throws -> Outcome {
        guard outcome.done.wait(timeout: .now() + .milliseconds(deadline)) == .success else {
            throw TimedOut()
        }
        guard let result = outcome.value.withLock({ $0 }) else { throw TimedOut() }
        return result
    }

    func readOutput() throws -> String { try Self.readToEnd(stdout) }
    func readErrors() throws -> String { try Self.readToEnd(stderr) }

    private static func readToEnd(_ fd: borrowing OwnedFD?) throws -> String {
        switch fd {
        case .none: return ""
        case .some(let fd):
            var queue = ByteQueue(capacity: 1 << 21)
            while true {
                try awaitInput(fd)
                if try queue.fill(from: fd) == .endOfFile { break }
            }
            return String(decoding: queue.copy(), as: UTF8.self)
        }
    }
}

/// Waits until the descriptor is readable or hung up.
func awaitInput(_ fd: borrowing OwnedFD) throws {
    var poll = PollSet()
    let slot = poll.add(fd, read: true, write: false)
    try poll.wait(milliseconds: deadline)
    guard poll.readable(slot) || poll.hungUp(slot) else { throw TimedOut() }
}

/// Reads and drops `count` bytes.
func discard(_ count: Int, from fd: borrowing OwnedFD?) throws {
    var left = count
    var queue = ByteQueue(capacity: 1 << 16)
    switch fd {
    case .none: throw TimedOut()
    case .some(let fd):
        while left > 0 {
            try awaitInput(fd)
            guard case .bytes(let read) = try queue.fill(from: fd, atMost: left) else { throw TimedOut() }
            left -= read
            queue.removeAll()
        }
    }
}
