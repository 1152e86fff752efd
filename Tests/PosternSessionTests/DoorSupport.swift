import Dispatch
import Glibc
import PosternSys
import PosternWire
import Synchronization
import Testing

@testable import PosternSession

/// How long an event may take before a test fails, in milliseconds.
let deadline = 10_000

/// An event that did not come.
struct TimedOut: Error {}

/// A session that is nothing but its door: it takes a turn when it is told to, and lets every client in unless it
/// has a reason not to.
struct Doorkeeper: ~Copyable {
    let path: String
    let info = SessionInfo(session: .random(), state: .attached)
    /// Why clients are refused.
    var refusal: ErrorReport?
    /// The last client that came, and what it wants.
    var arrived: OwnedFD?
    var wants: FirstFrame?
    var now: UInt64 = 0
    private(set) var admissions = 0
    private(set) var arrivals = 0
    private var door: ControlDoor
    private var set = PollSet()

    init() throws {
        path = "/tmp/postern-door-" + SessionID.random().text
        door = try ControlDoor.open(path, template: "t")
    }

    var deadline: UInt64? { door.deadline }

    /// One turn, for everything that is there at once, or comes within so many milliseconds.
    mutating func turn(milliseconds: Int = 0) throws {
        set.reset()
        door.addAll(to: &set)
        try set.wait(milliseconds: milliseconds)
        for caller in door.serve(set, at: now) {
            while let want = caller.want {
                switch want {
                case .news: caller.tell(info)
                case .admission:
                    admissions += 1
                    if let refusal { caller.refuse(refusal) } else { caller.go() }
                case .arrival(_, let frame):
                    arrivals += 1
                    arrived = caller.takeClient()
                    wants = frame
                }
            }
        }
    }

    /// Takes turns until nobody calls any more. A child that another test has just forked may hold on to a line for
    /// a moment after we let it go.
    mutating func turnUntilAlone() throws {
        let end = MonotonicClock.milliseconds() + UInt64(PosternSessionTests.deadline)
        repeat {
            guard MonotonicClock.milliseconds() < end else { throw TimedOut() }
            try turn(milliseconds: 10)
        } while deadline != nil
    }

    func call() throws -> OwnedFD {
        try Sockets.connectUnix(path: bytes(path))
    }
}

/// What a worker says over the line, written out.
enum Script {
    /// Ourselves: both ends of every connection here.
    static let peer = Peer.unix(pid: getpid(), uid: getuid(), gid: getgid())

    static func errand(_ verb: Errand.Verb, template: String = "t", peer: Peer? = Script.peer) -> [UInt8] {
        Errand(verb: verb, template: template, peer: peer).encode()
    }

    /// An ATTACH with a token, like any client's.
    static func frame() throws -> FirstFrame {
        let request = AttachRequest(session: bytes("build"), token: .random(), window: 1000)
        return try FirstFrame(.attach, request.encode())
    }
}

/// A descriptor among others.
final class Held: Sendable {
    let fd: OwnedFD
    init(_ fd: consuming OwnedFD) { self.fd = fd }
}

/// Sends all of these bytes, which must fit.
func say(_ bytes: [UInt8], on line: borrowing OwnedFD) throws {
    var queue = ByteQueue(capacity: max(1, bytes.count))
    queue.append(bytes)
    guard case .bytes(bytes.count) = try queue.drainSocket(to: line) else { throw TimedOut() }
}

/// What was answered on the line so far, in a word: `nothing`, `go`, `end`, or the kind of the frame.
func heard(on line: borrowing OwnedFD) throws -> String {
    var reader = AnswerReader()
    return switch try reader.read(from: line) {
    case nil: "nothing"
    case .go: "go"
    case .end: "end"
    case .silence: "silence"
    case .frame(let kind, _): "\(kind)"
    }
}

/// The ERROR that was answered.
func refused(on line: borrowing OwnedFD) throws -> ErrorReport? {
    var reader = AnswerReader()
    guard case .frame(.error, let payload)? = try reader.read(from: line) else { return nil }
    return try ErrorReport(payload)
}

/// Waits until nobody holds the other end any more. That is how a leak shows: a count of this process's descriptors
/// would count those of other tests.
func awaitHangUp(_ fd: borrowing OwnedFD) throws {
    var set = PollSet()
    let slot = set.add(fd, read: false, write: false)
    try set.wait(milliseconds: deadline)
    guard set.hungUp(slot) else { throw TimedOut() }
}

/// An acceptor in a thread of its own that brings its client to a session.
final class Bringing: Sendable {
    private let client: OwnedFD
    private let result = Mutex<HandOver.Result?>(nil)
    private let done = DispatchSemaphore(value: 0)

    /// - Parameter client: the acceptor's end of its client's connection.
    init(
        _ client: consuming OwnedFD, _ frame: FirstFrame, to path: String, peer: Peer = Script.peer,
        template: String = "t"
    ) {
        self.client = client
        DispatchQueue.global().async { [self] in
            let outcome = HandOver.bring(self.client, peer, frame, template: template, to: path)
            result.withLock { $0 = outcome }
            done.signal()
        }
    }

    /// How it went, in a word, while the session's worker takes its turns.
    func result(_ keeper: inout Doorkeeper) throws -> (word: String, report: ErrorReport?) {
        try result { try keeper.turn(milliseconds: 10) }
    }

    func result(_ turn: () throws -> Void) throws -> (word: String, report: ErrorReport?) {
        let end = MonotonicClock.milliseconds() + UInt64(deadline)
        while done.wait(timeout: .now()) == .timedOut {
            guard MonotonicClock.milliseconds() < end else { throw TimedOut() }
            try turn()
        }
        return switch result.withLock({ $0 }) {
        case .taken: ("taken", nil)
        case .refused(let report): ("refused", report)
        case .nobody: ("nobody", nil)
        case nil: ("", nil)
        }
    }
}
