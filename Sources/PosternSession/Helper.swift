internal import PosternSys
internal import PosternWire

/// A program of the unit's that makes, or removes, what a session runs in. It belongs to the worker, not to the session:
/// what ends the session's processes does not end it.
struct Helper: ~Copyable {
    private let program: String
    private let child: Child
    private let output: OwnedFD
    private var isOutputOpen = true
    /// The last that it said.
    private var said: [UInt8] = []
    private let seconds: UInt64
    private var isLate = false
    /// On the clock of whoever waits: when it is killed.
    private(set) var deadline: UInt64?

    private static let longestLine = 500
    private static let kept = 4096

    enum End: Equatable {
        case done
        /// Why, in its own words if it had any.
        case failed(String)
    }

    /// Starts it as root, with these facts for its environment and nothing else.
    static func start(
        _ words: [[UInt8]], _ facts: [[UInt8]], within seconds: UInt64, from now: UInt64
    ) throws(SysError) -> Helper {
        var spec = ChildSpec(arguments: words, programs: Array(words.prefix(1)))
        spec.environment = facts
        spec.workingDirectory = Array("/".utf8)
        let null = try Files.null()
        let pipe = try Pipe()
        try pipe.readEnd.setNonBlocking()
        let program = Text.printable(words.first ?? [], limit: 128)
        let child: Child
        do throws(SpawnError) {
            child = try Child.spawn(
                spec, stdin: null, stdout: pipe.writeEnd, stderr: pipe.writeEnd, cgroup: nil)
        } catch {
            throw SysError(call: "starting \(program)", errno: error.errno)
        }
        return Helper(
            program: program, child: child, output: pipe.readEnd, seconds: seconds,
            deadline: now + seconds * 1_000_000_000)
    }

    private init(
        program: String, child: consuming Child, output: consuming OwnedFD, seconds: UInt64, deadline: UInt64
    ) {
        self.program = program
        self.child = child
        self.output = output
        self.seconds = seconds
        self.deadline = deadline
    }

    func addAll(to set: inout PollSet) {
        _ = set.add(child.pidfd, read: true, write: false)
        if isOutputOpen { _ = set.add(output, read: true, write: false) }
    }

    /// Hears what it says, and how it ended; nil while it has not. One that is late is killed, and still waited for.
    mutating func turn(at now: UInt64) throws(SysError) -> End? {
        // Asked first: what it said before it ended is then there to be read.
        let hasEnded = try child.hasExited()
        try listen()
        if hasEnded { return end(try child.reap()) }
        if let time = deadline, now >= time {
            isLate = true
            kill()
        }
        return nil
    }

    /// Ends it with all that it has started, as far as that stayed in its process group.
    mutating func kill() {
        deadline = nil
        // Its group is its own until it is reaped.
        try? child.signalGroup(.kill)
    }

    private mutating func listen() throws(SysError) {
        var queue = ByteQueue(capacity: Self.kept)
        while isOutputOpen {
            switch try queue.fill(from: output) {
            case .wouldBlock: return
            case .endOfFile: isOutputOpen = false
            case .bytes:
                said = Array((said + queue.copy()).suffix(Self.kept))
                queue.removeAll()
            }
        }
    }

    private func end(_ status: ExitStatus) -> End {
        if status.outcome == .code(0) { return .done }
        let words = said.split(separator: UInt8(ascii: "\n")).last.map {
            Text.printable(Array($0), limit: Self.longestLine)
        }
        if isLate {
            return .failed(
                "\(program) did not finish within \(seconds) s (--helper-timeout)"
                    + (words.map { ": \($0)" } ?? ""))
        }
        return .failed(words ?? "\(program) said nothing and ended with \(Exit(status).outcome)")
    }

    /// Waits for its end, blocking until then.
    mutating func wait() throws(SysError) -> End {
        var clock = LoopClock()
        deadline = clock.now + seconds * 1_000_000_000
        var set = PollSet()
        while true {
            set.reset()
            addAll(to: &set)
            try set.wait(milliseconds: clock.milliseconds(until: deadline))
            clock.turn()
            if let end = try turn(at: clock.now) { return end }
        }
    }
}
