import PosternSys
import PosternWire
import Testing

@testable import PosternClient

/// The built program at work, at a terminal or on pipes; the test is the guest, and sits at the keyboard.
struct RunningCommand: ~Copyable {
    let listener: Listener
    let child: Child
    var worker: ScriptedWorker?
    private let terminal: PseudoTerminal
    private let output: OwnedFD
    private let errors: OwnedFD

    /// - Parameter words: the verb and its options; `@` stands for the target.
    init(_ words: [String], atTerminal: Bool = false) throws {
        let listener = try Listener()
        let target = "unix:" + String(decoding: listener.path, as: UTF8.self)
        var spec = ChildSpec(
            arguments: [bytes("postern")] + words.map { bytes($0 == "@" ? target : $0) },
            programs: [bytes(try Self.program())])
        spec.environment = [bytes("PATH=/usr/bin:/bin"), bytes("TERM=xterm")]
        let output = try Pipe()
        let errors = try Pipe()
        let written = (
            output: try output.readEnd.duplicate().release(), errors: try errors.readEnd.duplicate().release()
        )
        let null = try Files.null()
        let terminal = try PseudoTerminal.open(rows: 24, columns: 80)
        let child =
            atTerminal
            ? try Child.spawn(spec, terminal: terminal.slave, cgroup: nil)
            : try Child.spawn(
                spec, stdin: null, stdout: output.writeEnd, stderr: errors.writeEnd, cgroup: nil)
        self.listener = listener
        self.child = child
        self.terminal = terminal
        self.output = OwnedFD(owning: written.output)
        self.errors = OwnedFD(owning: written.errors)
    }

    deinit {
        // Most have ended, and were reaped: then there is nothing to do.
        try? child.signal(.kill)
        _ = try? child.reap()
    }

    private static func program() throws -> String {
        if let directory = Process.environment("POSTERN_BIN") {
            return String(decoding: directory, as: UTF8.self) + "/postern"
        }
        // SwiftPM starts the bundle by its path.
        let own = try #require(CommandLine.arguments.first)
        let place = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return place.joined(separator: "/") + "/postern"
    }

    /// Takes the command's next connection; the one before is lost.
    mutating func accept() throws {
        worker = nil
        worker = .some(ScriptedWorker(try listener.accept()))
    }

    mutating func expect(_ kind: FrameKind) throws -> [UInt8] {
        guard let payload = try worker?.expectPassingWindows(kind) else { throw TimedOut() }
        return payload
    }

    mutating func collect(_ count: Int) throws -> [UInt8] {
        guard let bytes = try worker?.collect(.stdin, count) else { throw TimedOut() }
        return bytes
    }

    func send(_ kind: FrameKind, _ payload: [UInt8] = []) throws {
        switch worker {
        case .none: throw TimedOut()
        case .some(let worker): try worker.send(kind, payload)
        }
    }

    func answer(_ session: SessionID, _ change: (inout Started) -> Void = { _ in }) throws {
        var started = Started(session: session, pid: 42, tty: nil, limit: 1 << 17)
        started.features = [Started.resume]
        change(&started)
        try send(.started, started.encode())
    }

    /// Types, and waits for the terminal to be raw first.
    func type(_ keys: String) throws {
        try eventually { try !TerminalModes.current(of: terminal.slave).isCanonical }
        try Files.writeAll(bytes(keys), to: terminal.master)
    }

    func isCooked() throws -> Bool { try TerminalModes.current(of: terminal.slave).isCanonical }

    /// Reads the terminal's screen until `mark` has come.
    func read(until mark: String) throws -> String {
        var shown = ByteQueue(capacity: 1 << 20)
        while true {
            let text = String(decoding: shown.copy(), as: UTF8.self)
            if text.contains(mark) { return text }
            try awaitInput(terminal.master)
            guard case .bytes = try shown.fill(from: terminal.master) else { throw TimedOut() }
        }
    }

    /// What the command wrote, and how it ended.
    mutating func finish() throws -> (code: PosternSys.ExitStatus.Outcome, output: String, errors: String) {
        let written = (try Self.readToEnd(output), try Self.readToEnd(errors))
        try awaitInput(child.pidfd)
        return (try child.reap().outcome, written.0, written.1)
    }

    private static func readToEnd(_ fd: borrowing OwnedFD) throws -> String {
        var queue = ByteQueue(capacity: 1 << 20)
        while true {
            try awaitInput(fd)
            if try queue.fill(from: fd) == .endOfFile { return String(decoding: queue.copy(), as: UTF8.self) }
        }
    }
}

/// Repeats a question that no descriptor answers until it is yes.
func eventually(_ condition: () throws -> Bool) throws {
    let end = MonotonicClock.milliseconds() + UInt64(deadline)
    while try !condition() {
        guard MonotonicClock.milliseconds() < end else { throw TimedOut() }
        var pause = PollSet()
        try pause.wait(milliseconds: 1)
    }
}
