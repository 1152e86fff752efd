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
    let asked: SessionRequest
    /// Where the client looks for a session whose connection was lost; nil: nowhere.
    let listener: Listener?
    var worker: ScriptedWorker?
    var stdin: OwnedFD?
    var stdout: OwnedFD?
    var stderr: OwnedFD?
    private let outcome: Box

    final class Box: Sendable {
        let value = Mutex<Outcome?>(nil)
        let done = DispatchSemaphore(value: 0)
    }

    init(_ change: (inout OpenRequest) -> Void = { _ in }) throws {
        var request = SessionClient.newRequest()
        change(&request)
        try self.init(.open(request), listener: nil)
    }

    /// A client of a guest that can be connected to again.
    init(
        resuming request: SessionRequest, throughMultiplexer: Bool = false,
        _ change: (inout SessionOptions) -> Void = { _ in }
    ) throws {
        var options = SessionOptions()
        change(&options)
        let listener = try Listener()
        let path = listener.path
        let target = throughMultiplexer ? Target.mux(path: path, port: 722) : .unix(path: path)
        try self.init(request, listener: listener, target: target, options: options)
    }

    private init(
        _ request: SessionRequest, listener: consuming Listener?, target: Target? = nil,
        options: SessionOptions = SessionOptions()
    ) throws {
        try Signal.ignore(.pipe)
        var options = options
        options.takesSignals = false
        let settings = options
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
        let worker: ScriptedWorker? = ScriptedWorker(try sockets.second.duplicate())
        let stdin: OwnedFD? = try inputPipe.writeEnd.duplicate()
        let stdout: OwnedFD? = try outputPipe.readEnd.duplicate()
        let stderr: OwnedFD? = try errorPipe.readEnd.duplicate()
        let box = Box()
        DispatchQueue.global().async {
            let result = Self.run(request, target, settings, raw.socket, raw.input, raw.output, raw.error)
            box.value.withLock { $0 = result }
            box.done.signal()
        }
        self.asked = request
        self.listener = listener
        self.worker = worker
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        outcome = box
    }

    private static func run(
        _ request: SessionRequest, _ target: Target?, _ options: SessionOptions, _ socket: Int32,
        _ input: Int32,
        _ output: Int32, _ error: Int32
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
                request, socket: OwnedFD(owning: socket), target: target, options: options)
            return loop.run(&streams)
        } catch {
            return Outcome(ending: .internalFailure(error), session: request.session ?? .zero)
        }
    }

    // MARK: - The worker's side

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) throws {
        switch worker {
        case .none: throw TimedOut()
        case .some(let worker): try worker.send(bytes)
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

    /// The session that a new one was asked for.
    var request: OpenRequest {
        if case .open(let open) = asked { open } else { SessionClient.newRequest() }
    }

    /// Loses the connection, and takes the next one.
    mutating func reconnect() throws {
        worker = nil
        try accept()
    }

    mutating func accept() throws {
        switch listener {
        case .none: throw TimedOut()
        case .some(let listener): worker = .some(ScriptedWorker(try listener.accept()))
        }
    }

    /// Nobody listens any more.
    func removeListener() throws {
        switch listener {
        case .none: break
        case .some(let listener): try Files.remove(String(decoding: listener.path, as: UTF8.self))
        }
    }

    /// Answers with a session that can be found again.
    func answer(
        _ session: SessionID, limit: UInt64 = 1 << 17, _ change: (inout Started) -> Void = { _ in }
    ) throws {
        var started = Started(session: session, pid: 42, tty: nil, limit: limit)
        started.features = [Started.resume]
        started.boot = SessionID(high: 1, low: 2)
        change(&started)
        try send(.started, started.encode())
    }

    func type(_ bytes: [UInt8]) throws {
        switch stdin {
        case .none: throw TimedOut()
        case .some(let stdin): try Files.writeAll(bytes, to: stdin)
        }
    }

    mutating func expect(_ kind: FrameKind) throws -> [UInt8] {
        guard let payload = try worker?.expect(kind) else { throw TimedOut() }
        return payload
    }

    mutating func collect(_ kind: FrameKind, _ count: Int) throws -> [UInt8] {
        guard let bytes = try worker?.collect(kind, count) else { throw TimedOut() }
        return bytes
    }

    mutating func expectPassingWindows(_ kind: FrameKind) throws -> [UInt8] {
        guard let payload = try worker?.expectPassingWindows(kind) else { throw TimedOut() }
        return payload
    }

    /// The next frame, nil at the end of the connection.
    mutating func next() throws -> FrameDecoder.Event? { try worker?.next() ?? nil }

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
