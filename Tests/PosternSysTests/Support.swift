import Glibc
import PosternSys
import Testing

/// All of this module's tests, one at a time: they count this process's descriptors and signal real children.
@Suite(.serialized)
enum SysTests {}

/// How long an event may take before a test fails, in milliseconds.
let deadline = 10_000

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
let isRoot = geteuid() == 0

/// An event that did not come.
struct TimedOut: Error {}

/// Waits until the descriptor is readable or hung up.
func awaitInput(_ fd: borrowing OwnedFD) throws {
    var poll = PollSet()
    let slot = poll.add(fd, read: true, write: false)
    try poll.wait(milliseconds: deadline)
    guard poll.readable(slot) || poll.hungUp(slot) else { throw TimedOut() }
}

/// Everything until end of file (or a PTY's EIO).
func readToEnd(_ fd: borrowing OwnedFD) throws -> [UInt8] {
    var queue = ByteQueue(capacity: 1 << 20)
    while true {
        try awaitInput(fd)
        do throws(SysError) {
            if try queue.fill(from: fd) == .endOfFile { return queue.copy() }
        } catch {
            guard error.errno == .io else { throw error }
            return queue.copy()
        }
    }
}

/// Reads until `mark` has come; returns everything up to there and what came with it.
@discardableResult
func read(_ fd: borrowing OwnedFD, until mark: String) throws -> String {
    var queue = ByteQueue(capacity: 1 << 20)
    while true {
        let so = text(queue.copy())
        if so.contains(mark) { return so }
        try awaitInput(fd)
        guard case .bytes = try queue.fill(from: fd) else { throw TimedOut() }
    }
}

/// Repeats a question that no descriptor answers until it is yes.
func eventually(_ condition: () throws -> Bool) throws {
    let end = MonotonicClock.milliseconds() + UInt64(deadline)
    while try !condition() {
        guard MonotonicClock.milliseconds() < end else { throw TimedOut() }
        sched_yield()
    }
}

func shell(_ script: String) -> ChildSpec {
    var spec = ChildSpec(arguments: [bytes("sh"), bytes("-c"), bytes(script)], programs: [bytes("/bin/sh")])
    spec.environment = [bytes("PATH=/usr/bin:/bin")]
    return spec
}

/// Runs to the end on pipes; what it wrote to stdout and stderr, and how it ended.
func run(_ spec: ChildSpec) throws -> (output: String, status: PosternSys.ExitStatus) {
    let null = try Files.null()
    let pipe = try Pipe()
    let readEnd = try pipe.readEnd.duplicate()
    let child = try Child.spawn(
        spec, stdin: null, stdout: pipe.writeEnd, stderr: pipe.writeEnd, cgroup: nil)
    _ = consume pipe
    let output = text(try readToEnd(readEnd))
    return (output, try child.reap())
}

/// The error of a start that must fail.
func failure(_ spec: ChildSpec) throws -> SpawnError? {
    let null = try Files.null()
    do {
        let child = try Child.spawn(spec, stdin: null, stdout: null, stderr: null, cgroup: nil)
        _ = try child.reap()
        return nil
    } catch let error as SpawnError {
        return error
    }
}

/// How many descriptors are open, but for those that the test's own runtime opens whenever it wants to.
func descriptorCount() throws -> Int {
    try Files.list("/proc/self/fd").count { name in
        var target = [CChar](repeating: 0, count: 64)
        // SAFETY: within its count; copied out below.
        let length = unsafe readlink("/proc/self/fd/" + name, &target, target.count)
        let known = ["anon_inode:[eventpoll]", "anon_inode:[eventfd]", "anon_inode:[timerfd]"]
        return !known.contains(text(target.prefix(max(0, length)).map(UInt8.init(bitPattern:))))
    }
}

/// A directory of its own below /tmp, world-writable, for the time of `body`.
func withDirectory(_ body: (String) throws -> Void) throws {
    let path = "/tmp/postern-test-\(try Kernel.random(8).map { String($0, radix: 16) }.joined())"
    try Files.makeDirectory(path, mode: 0o777)
    defer { _ = try? run(shell("rm -rf \(path)")) }
    _ = try run(shell("chmod 777 \(path)"))
    try body(path)
}
