import PosternSys
import PosternWire
import Testing

/// All of this module's tests, one at a time: two cores are not many for deadlines.
@Suite(.serialized)
enum Integration {}

/// How long an event may take before a test fails, in milliseconds.
let deadline = 20_000

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// An event that did not come.
struct TimedOut: Error {}

/// A built program: beside this test's own, or in $POSTERN_BIN.
func program(_ name: String) throws -> String {
    if let directory = Process.environment("POSTERN_BIN") { return text(directory) + "/" + name }
    // SwiftPM starts the bundle by its path.
    let own = try #require(CommandLine.arguments.first)
    let place = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return place + "/" + name
}

/// Waits until the descriptor is readable or hung up.
func awaitInput(_ fd: borrowing OwnedFD) throws {
    var poll = PollSet()
    let slot = poll.add(fd, read: true, write: false)
    let end = MonotonicClock.milliseconds() + UInt64(deadline)
    repeat {
        try poll.wait(milliseconds: deadline)
        if poll.readable(slot) || poll.hungUp(slot) { return }
    } while MonotonicClock.milliseconds() < end
    throw TimedOut()
}

func readToEnd(_ fd: borrowing OwnedFD) throws -> [UInt8] {
    var queue = ByteQueue(capacity: 1 << 21)
    while true {
        try awaitInput(fd)
        if try queue.fill(from: fd) == .endOfFile { return queue.copy() }
    }
}

/// Repeats a question that no descriptor answers until it is yes, a pause between.
func eventually(_ condition: () throws -> Bool) throws {
    let end = MonotonicClock.milliseconds() + UInt64(deadline)
    while try !condition() {
        guard MonotonicClock.milliseconds() < end else { throw TimedOut() }
        var nothing = PollSet()
        try nothing.wait(milliseconds: 5)
    }
}

/// Whether a process is gone, or waits only to be reaped.
func isDead(_ pid: Int32) throws -> Bool {
    guard let stat = try Files.readSmall("/proc/\(pid)/stat", limit: 4096) else { return true }
    return text(stat).split(separator: ")").last?.hasPrefix(" Z") ?? true
}

func killIfAlive(_ pid: Int32) throws {
    do throws(SysError) { try Signal.send(.kill, to: pid) } catch {
        guard error.errno == .noProcess else { throw error }
    }
}

func request(_ arguments: [String], _ change: (inout OpenRequest) -> Void = { _ in }) -> OpenRequest {
    var request = OpenRequest(session: .random(), token: .random(), limit: 1 << 40)
    request.arguments = arguments.map(bytes)
    change(&request)
    return request
}

func script(_ script: String, _ change: (inout OpenRequest) -> Void = { _ in }) -> OpenRequest {
    request(["/bin/sh", "-c", script], change)
}

/// A whole session without input: what the worker said, to its end.
func run(_ request: OpenRequest, _ flags: [String] = [], setup: String = "") throws -> Transcript {
    var worker = try RunningWorker(flags, setup: setup)
    var transcript = try worker.open(request)
    try worker.finish(&transcript)
    return transcript
}

/// Gives the session a terminal.
func onTerminal(_ size: TerminalSize? = nil) -> (inout OpenRequest) -> Void {
    { request in
        request.terminal = OpenRequest.Terminal(type: bytes("vt100"), size: size)
        request.stdin = true
    }
}

func withStdin(_ request: inout OpenRequest) { request.stdin = true }

/// A directory of its own below /tmp for the time of `body`.
func withDirectory(_ body: (String) throws -> Void) throws {
    let path = "/tmp/postern-test-" + SessionID.random().text
    try Files.makeDirectory(path, mode: 0o755)
    defer {
        // What cannot be removed is left in /tmp.
        for name in (try? Files.list(path)) ?? [] { try? Files.remove(path + "/" + name) }
        try? Files.remove(path)
    }
    try body(path)
}
