import PosternSys
import PosternWire
import Testing

/// A built worker on one half of a socketpair, as systemd would start it; the test is its client.
///
/// When it goes, so does the connection, and the worker is waited for and reaped.
struct RunningWorker: ~Copyable {
    let child: Child
    let socket: OwnedFD
    private let errors: OwnedFD
    private var isReaped = false
    private var decoder = FrameDecoder(from: .worker)

    /// - Parameter setup: shell commands run before the worker, in its process.
    init(_ flags: [String] = [], setup: String = "") throws {
        try Signal.ignore(.pipe)
        let pair = try SocketPair()
        let pipe = try Pipe()
        let script = """
            exec 3<&0 </dev/null; \(setup)
            LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --grace=1 "$@"
            """
        var spec = ChildSpec(
            arguments: (["sh", "-c", script, try program("postern-worker")] + flags).map(bytes),
            programs: [bytes("/bin/sh")])
        spec.environment = [bytes("PATH=/usr/bin:/bin")]
        spec.workingDirectory = bytes("/")
        let ours = try pair.first.duplicate()
        let said = try pipe.readEnd.duplicate()
        let worker = try Child.spawn(
            spec, stdin: pair.second, stdout: pipe.writeEnd, stderr: pipe.writeEnd, cgroup: nil)
        child = worker
        socket = ours
        errors = said
    }

    deinit {
        guard !isReaped else { return }
        Sockets.shutdownBoth(socket)
        var set = PollSet()
        let slot = set.add(child.pidfd, read: true, write: false)
        // Whatever fails here: the test has its own verdict already, and only cleaning up is left.
        _ = try? set.wait(milliseconds: deadline)
        if !set.readable(slot) { try? child.signalGroup(.kill) }
        _ = try? child.reap()
    }

    // MARK: - The client's side

    func send(_ bytes: [UInt8]) throws { try Files.writeAll(bytes, to: socket) }

    func send(_ kind: FrameKind, _ payload: [UInt8] = []) throws {
        try send(FrameEncoder.frame(kind, payload))
    }

    /// What a worker that refuses need not read to the end.
    func sendUnlessClosed(_ bytes: [UInt8]) throws {
        do throws(SysError) {
            try Files.writeAll(bytes, to: socket)
        } catch { guard error.errno == .brokenPipe || error.errno == .connectionReset else { throw error } }
    }

    /// Reads frames into `transcript` until `enough`, or the connection's end.
    mutating func read(_ transcript: inout Transcript, until enough: (Transcript) -> Bool) throws {
        var inbox = ByteQueue(capacity: 1 << 16)
        while !enough(transcript) {
            try awaitInput(socket)
            do throws(SysError) {
                guard case .bytes = try inbox.fillSocket(from: socket) else { return }
            } catch {
                guard error.errno == .connectionReset else { throw error }
                return
            }
            let received = inbox.copy()
            inbox.removeAll()
            var position = 0
            while let event = try decoder.next(in: received.span, at: &position) {
                try transcript.take(event, received)
            }
        }
    }

    /// Opens a session and waits for the answer.
    mutating func open(_ request: OpenRequest) throws -> Transcript {
        try send(.open, request.encode())
        var transcript = Transcript()
        try read(&transcript) { $0.started != nil || $0.error != nil }
        return transcript
    }

    /// Reads to EXIT or ERROR, says goodbye, and sees the worker end in good order.
    mutating func finish(_ transcript: inout Transcript) throws {
        try read(&transcript) { $0.exit != nil || $0.error != nil }
        if transcript.exit != nil {
            try sendUnlessClosed(FrameEncoder.frame(.bye))
            try read(&transcript) { _ in false }
        }
        Sockets.shutdownBoth(socket)
        #expect(try wait() == .code(0))
    }

    /// How the worker ended.
    mutating func wait() throws -> PosternSys.ExitStatus.Outcome {
        try awaitInput(child.pidfd)
        isReaped = true
        return try child.reap().outcome
    }

    /// What it wrote to stderr, once it has ended.
    func complaint() throws -> String { text(try readToEnd(errors)) }
}

/// All that a worker has said.
struct Transcript {
    var started: Started?
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var notices: [Notice] = []
    var windows: [WindowUpdate] = []
    var exit: Exit?
    var error: ErrorReport?
    /// The last frame's kind.
    var last: FrameKind?

    var shown: String { text(output) }

    mutating func take(_ event: FrameDecoder.Event, _ input: [UInt8]) throws {
        switch event {
        case .data(let kind, let range):
            last = kind
            if kind == .stderr { errors += input[range] } else { output += input[range] }
        case .control(let kind, let payload):
            last = kind
            switch kind {
            case .started: started = try Started(payload)
            case .exit: exit = try Exit(payload)
            case .error: error = try ErrorReport(payload)
            case .notice: notices.append(try Notice(payload))
            case .window: windows.append(try WindowUpdate(payload))
            default: break
            }
        }
    }
}
