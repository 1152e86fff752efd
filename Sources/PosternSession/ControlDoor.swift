internal import PosternSys
internal import PosternWire

/// The session's control socket: other workers bring clients here, and ask for news. It never blocks, and holds
/// only so many callers at a time, each for a bounded time.
struct ControlDoor: ~Copyable {
    private let listener: OwnedFD
    private let path: String
    private let template: String
    private var callers: [Caller] = []
    private var listenerSlot: PollSet.Slot?
    private static let mostCallers = 16

    /// Makes the socket; a stale one is replaced, since the session's id is ours.
    static func open(_ path: String, template: String) throws(SysError) -> ControlDoor {
        try Files.remove(path)
        return ControlDoor(
            listener: try Sockets.listenUnix(path: Array(path.utf8)), path: path, template: template)
    }

    private init(listener: consuming OwnedFD, path: String, template: String) {
        self.listener = listener
        self.path = path
        self.template = template
    }

    deinit {
        // What cannot be removed is stale: whoever connects is refused.
        try? Files.remove(path)
    }

    /// When `serve` wants to be called although nothing is ready.
    var deadline: UInt64? { callers.reduce(nil) { earliest($0, $1.deadline) } }

    mutating func addAll(to set: inout PollSet) {
        listenerSlot = callers.count < Self.mostCallers ? set.add(listener, read: true, write: false) : nil
        for caller in callers { caller.slot = set.add(caller.line, read: true, write: false) }
    }

    /// Takes new callers, and reads what those say that are here. Returns the ones that want something now.
    mutating func serve(_ set: borrowing PollSet, at now: UInt64) -> [Caller] {
        // Mostly nobody calls.
        guard !callers.isEmpty || listenerSlot.map({ set.readable($0) }) ?? false else { return [] }
        callers.removeAll { $0.isDone || now >= $0.deadline }
        for caller in callers where caller.slot.map({ set.readable($0) || set.hungUp($0) }) ?? false {
            caller.listen()
        }
        if let slot = listenerSlot, set.readable(slot) {
            // A failed accept is the caller's loss; it will come again.
            while callers.count < Self.mostCallers, let line = try? Sockets.accept(from: listener) {
                guard Self.mayCall(line) else { continue }
                let caller = Caller(line, template: template, deadline: now + Errand.patience)
                caller.listen()
                callers.append(caller)
            }
        }
        return callers.filter { $0.want != nil }
    }

    /// Only workers of our own: root, or who we are.
    private static func mayCall(_ line: borrowing OwnedFD) -> Bool {
        guard let peer = try? Sockets.peerCredentials(of: line) else { return false }
        return peer.uid == 0 || peer.uid == Process.effectiveUserID
    }
}
