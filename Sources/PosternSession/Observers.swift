internal import PosternSys
internal import PosternWire

/// A connection of the session that is not its writer's.
final class Observer {
    enum Role {
        /// Watches the output.
        case mirror
        /// Waits for the session's end, to be told of it.
        case waiter
        /// Has been told all it will be: it has a moment to read it and say BYE.
        case parting
    }

    let connection: Connection
    fileprivate(set) var role: Role
    fileprivate var window: OutputWindow
    fileprivate var slot: PollSet.Slot?
    fileprivate var lastHeard: UInt64
    fileprivate var lastPing: UInt64
    fileprivate var leavesAt: UInt64?
    fileprivate var isGone = false

    init(_ connection: Connection, _ role: Role, window: OutputWindow, now: UInt64) {
        self.connection = connection
        self.role = role
        self.window = window
        lastHeard = now
        lastPing = now
        leavesAt = role == .parting ? now + SessionMachine.farewell : nil
    }

    /// Nothing more will come but what is queued.
    func part(at now: UInt64) {
        role = .parting
        leavesAt = now + SessionMachine.farewell
    }
}

/// Everybody but the writer: mirrors, those who wait for the end, and those who leave. None of them holds the
/// session up: a slow mirror misses output, a dead one is dropped.
struct Observers {
    private var all: [Observer] = []
    /// They take a part of the loop's time, and no more, however many they are: after a round this is when the next
    /// may begin, in nanoseconds of real time. Until then nobody looks at them.
    private var restUntil: UInt64 = 0
    /// Whether the poll of this turn asked for them: a rest that ends without having looked is followed by a look.
    private var isWatched = false
    /// What it took to ask the poll for them, in nanoseconds of the processor's time.
    private var spentAsking: UInt64 = 0
    private static let share: UInt64 = 32
    private static let longestRest: UInt64 = 100_000_000
    /// What is copied for a mirror that cannot take a whole frame stays small.
    private static let frame = 16 * 1024

    var isEmpty: Bool { all.isEmpty }
    var mirrors: Int { all.count { $0.role == .mirror } }

    mutating func add(_ observer: Observer) { all.append(observer) }

    /// When `serve` wants to be called although nothing is ready, in loop time.
    var deadline: UInt64? {
        // Who rests is looked at after it.
        guard isWatched else { return nil }
        return all.reduce(nil) { time, observer in
            if let leavesAt = observer.leavesAt { return earliest(time, leavesAt) }
            return earliest(
                time,
                min(
                    max(observer.lastPing, observer.lastHeard) + SessionMachine.heartbeat,
                    observer.lastHeard + SessionMachine.silence))
        }
    }

    /// How long the loop may wait before they are to be looked at again, in milliseconds.
    var rest: Int? {
        guard !all.isEmpty else { return nil }
        let now = MonotonicClock.nanoseconds()
        return restUntil > now ? Int((restUntil - now) / 1_000_000) + 1 : nil
    }

    private static func hasOutput(_ observer: Observer, _ log: borrowing OutputLog) -> Bool {
        observer.role == .mirror && observer.connection.sent < min(log.end, observer.window.limit)
    }

    mutating func addAll(to set: inout PollSet, _ log: borrowing OutputLog) {
        guard !all.isEmpty else { return }
        guard MonotonicClock.nanoseconds() >= restUntil else {
            // Not even walked over, more than once: a turn of the loop is some microseconds, and they may be many.
            if isWatched { for observer in all { observer.slot = nil } }
            isWatched = false
            return
        }
        isWatched = true
        let began = ProcessorClock.nanoseconds()
        for observer in all {
            let connection = observer.connection
            observer.slot = set.add(
                connection.socket, read: connection.hasRoomForReplies,
                write: connection.hasQueued || Self.hasOutput(observer, log))
        }
        spentAsking = ProcessorClock.nanoseconds() - began
    }

    /// What came from them, and what they are sent.
    ///
    /// - Parameter end: how the session ended, once that is known.
    mutating func serve(
        _ set: borrowing PollSet, _ log: borrowing OutputLog, end: (exit: Exit, news: SessionInfo)?,
        at now: UInt64
    ) {
        guard !all.isEmpty else { return }
        guard end != nil || isWatched && MonotonicClock.nanoseconds() >= restUntil else { return }
        let began = ProcessorClock.nanoseconds()
        for observer in all {
            // What a writer sent together with its DETACH came before it was an observer.
            let isReady = observer.slot.map { set.readable($0) || set.hungUp($0) || set.errored($0) }
            if isReady ?? false || observer.connection.hasUnread {
                Self.listen(to: observer, at: now)
            }
        }
        for observer in all where !observer.isGone {
            do throws(SysError) {
                if observer.role == .mirror { try Self.relay(log, to: observer) }
                if let end { Self.conclude(observer, log, end, at: now) }
                _ = try observer.connection.flush()
            } catch {
                observer.isGone = true
            }
            Self.check(observer, at: now)
        }
        // Once the session has ended nobody else needs the time.
        let spent = end == nil ? spentAsking + ProcessorClock.nanoseconds() - began : 0
        restUntil = MonotonicClock.nanoseconds() + min(spent * (Self.share - 1), Self.longestRest)
        for observer in all where observer.isGone { observer.connection.shutdown() }
        all.removeAll { $0.isGone }
    }

    /// Sends a mirror what it takes; one that was overtaken by the log goes on in the middle of it.
    private static func relay(_ log: borrowing OutputLog, to observer: Observer) throws(SysError) {
        let connection = observer.connection
        // One that takes nothing at all is not told again and again what it misses.
        if connection.sent < log.start, connection.sent < observer.window.limit {
            // Not while a frame is being sent: what was begun is queued, and the gap comes after it.
            guard try connection.flush() else { return }
            connection.skip(to: log.start + (log.end - log.start) / 2)
        }
        guard connection.sent >= log.start else { return }
        _ = try connection.send(log, upTo: observer.window.limit, frame: frame)
    }

    /// Tells the end to those who wait for it.
    private static func conclude(
        _ observer: Observer, _ log: borrowing OutputLog, _ end: (exit: Exit, news: SessionInfo),
        at now: UInt64
    ) {
        switch observer.role {
        case .mirror where observer.connection.sent == log.end:
            observer.connection.append(.exit, end.exit.encode())
        case .waiter:
            observer.connection.append(.session, end.news.encode())
            observer.connection.append(.session, [])
        case .mirror, .parting: return
        }
        observer.part(at: now)
    }

    private static func check(_ observer: Observer, at now: UInt64) {
        if let leavesAt = observer.leavesAt {
            if now >= leavesAt { observer.isGone = true }
        } else if now >= observer.lastHeard + SessionMachine.silence {
            observer.isGone = true
        } else if now >= max(observer.lastPing, observer.lastHeard) + SessionMachine.heartbeat,
            observer.connection.hasRoomForReplies
        {
            observer.lastPing = now
            observer.connection.append(.ping, [])
        }
    }

    private static func listen(to observer: Observer, at now: UInt64) {
        let connection = observer.connection
        observer.lastHeard = now
        do throws(WireError) {
            guard (try? connection.receive()) == true else {
                observer.isGone = true
                return
            }
            while connection.hasRoomForReplies, let event = try connection.next() {
                switch event {
                case .control(.bye, _):
                    // It may have said so before it could read the answer.
                    _ = try? connection.flush()
                    observer.isGone = true
                case .control(.detach, _) where observer.role == .mirror: observer.isGone = true
                case .control(.ping, let payload): connection.append(.pong, payload)
                case .control(.pong, _): break
                case .control(.window, let payload) where observer.role == .mirror:
                    try observer.window.take(WindowUpdate(payload), sent: connection.sent)
                // What crossed the end on its way.
                case .control where observer.role == .parting, .data where observer.role == .parting: break
                case .control(let kind, _), .data(let kind, _): throw WireError.unexpectedFrame(kind)
                }
            }
        } catch {
            guard observer.role != .parting else { return }
            let report = ErrorReport(stage: .protocol, field: error.field, text: error.description)
            connection.append(.error, report.encode())
            observer.part(at: now)
        }
    }
}
