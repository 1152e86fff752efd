internal import PosternSys
internal import PosternWire

/// The sessions of one template, as files in a directory of theirs:
///
///     id-ID        locked while the session lives: its record
///     name-HEX     locked while it lives: its id
///     ID.sock      where its worker takes clients
///     ended/ID     its record, when it has ended and nobody has collected it
///
/// The lock says that a session lives, and is gone with its worker, however that ended. An id without a lock that is
/// not among the ended ones is of a worker that died.
struct Registry {
    /// How long an ended session is kept, in seconds.
    static let retention: UInt64 = 600

    /// How long a worker may take from making its file to locking and filling it, in seconds.
    private static let patience: UInt64 = 5

    let directory: String
    private var ended: String { directory + "/ended" }
    let keep: Int

    /// Makes the directories where they are missing.
    init(_ stateDirectory: String, template: String, keep: Int) throws(ErrorReport) {
        directory = stateDirectory + "/" + template
        self.keep = keep
        do throws(SysError) {
            // A session starts with one call here, not three.
            if !Files.exists(directory + "/ended") {
                try Files.makeDirectory(stateDirectory, mode: 0o755)
                try Files.makeDirectory(directory, mode: 0o700)
                try Files.makeDirectory(directory + "/ended", mode: 0o700)
            }
        } catch {
            throw Self.failure(directory, error)
        }
    }

    static func failure(_ path: String, _ error: SysError) -> ErrorReport {
        ErrorReport(
            stage: .session, errno: error.errno.name,
            text: "cannot put the session on record at \(path): \(error)")
    }

    func idPath(_ id: String) -> String { directory + "/id-" + id }
    func socketPath(_ id: String) -> String { directory + "/" + id + ".sock" }
    func endedPath(_ id: String) -> String { ended + "/" + id }
    func namePath(_ name: [UInt8]) -> String {
        directory + "/name-" + name.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// What is at an id.
    enum Found {
        case living(Record?)
        case ended(Record)
        /// Its worker died.
        case lost(Record?)
        case nothing
    }

    // MARK: - Finding

    /// The id that a word means: an id, a name, or digits that only one id begins with.
    ///
    /// Nil when it is none of these.
    func resolve(_ word: [UInt8]) throws(ErrorReport) -> SessionID? {
        if let id = SessionID(word) { return id }
        let matches: [SessionID]
        do throws(SysError) {
            matches = try candidates(word)
        } catch {
            throw Self.failure(directory, error)
        }
        switch matches.count {
        case 1: return matches[0]
        case 0: return nil
        default:
            throw ErrorReport(
                stage: .session, field: "session",
                text: "'\(Text.printable(word, limit: 64))' may be any of \(matches.count) sessions")
        }
    }

    /// The living one of this name; else those whose ids begin so; else the latest that ended with this name.
    private func candidates(_ word: [UInt8]) throws(SysError) -> [SessionID] {
        let path = namePath(word)
        if let text = try Files.readSmall(path, limit: 64), let id = SessionID(text),
            try FileLock.state(path) == .held
        {
            return [id]
        }
        let ids = try self.ids()
        let text = String(decoding: word, as: UTF8.self)
        let matches = word.count >= 4 ? ids.filter { $0.text.hasPrefix(text) } : []
        guard matches.isEmpty else { return matches }
        var latest: SessionInfo?
        for id in ids {
            guard let info = try Record.read(endedPath(id.text))?.info, info.name == word else { continue }
            if (info.started ?? 0) >= (latest?.started ?? 0) { latest = info }
        }
        return latest.map { [$0.session] } ?? []
    }

    static func unknown(_ word: [UInt8]) -> ErrorReport {
        ErrorReport(
            stage: .session, field: "session",
            text: "no session '\(Text.printable(word, limit: 64))' here; `postern ps` lists them")
    }

    /// Every id on record, living or not.
    func ids() throws(SysError) -> [SessionID] {
        var ids = Set<String>()
        for name in try Files.list(directory) where name.hasPrefix("id-") {
            ids.insert(String(name.dropFirst(3)))
        }
        for name in try Files.list(ended) { ids.insert(name) }
        return ids.sorted().compactMap { SessionID(Array($0.utf8)) }
    }

    func find(_ id: SessionID) throws(SysError) -> Found {
        // The living first: a session that ends meanwhile is among the ended before it leaves them.
        let path = idPath(id.text)
        switch try state(path) {
        case .held: return .living(try Record.read(path))
        case .free:
            if let record = try Record.read(endedPath(id.text)) { return .ended(record) }
            return .lost(try bury(id))
        case .missing:
            guard let record = try Record.read(endedPath(id.text)) else { return .nothing }
            return record.info.state == .lost ? .lost(record) : .ended(record)
        }
    }

    /// A file without a lock and without a word in it is just being made, unless it has been so for a while.
    private func state(_ path: String) throws(SysError) -> FileLock.State {
        let state = try FileLock.state(path)
        guard state == .free, let file = try Files.facts(path), file.size == 0, file.age < Self.patience
        else {
            return state
        }
        return .held
    }

    /// Puts a session whose worker died among the ended ones.
    private func bury(_ id: SessionID) throws(SysError) -> Record? {
        var record = try Record.read(idPath(id.text))
        record?.info.state = .lost
        record?.info.since = WallClock.microseconds()
        if record == nil {
            // It died before it had written anything.
            record = Record(owner: 0, token: .zero, info: SessionInfo(session: id, state: .lost))
        }
        if let record { try Files.write(record.encode(), to: endedPath(id.text)) }
        try Files.remove(socketPath(id.text))
        _ = try FileLock.removeIfFree(idPath(id.text))
        return record
    }

    // MARK: - Forgetting

    /// Puts a session among the ended ones, and forgets the oldest where there are too many.
    func keep(_ record: Record) throws(SysError) {
        guard keep > 0 else { return }
        try Files.write(record.encode(), to: endedPath(record.info.session.text))
        try forgetOldest(but: keep)
    }

    func forget(_ id: SessionID) throws(SysError) {
        try Files.remove(endedPath(id.text))
    }

    /// Forgets what is older than the retention, and all but the newest `count`.
    private func forgetOldest(but count: Int) throws(SysError) {
        let names = try Files.list(ended)
        guard !names.isEmpty else { return }
        var ages: [(name: String, age: UInt64)] = []
        for name in names {
            if let file = try Files.facts(ended + "/" + name) { ages.append((name, file.age)) }
        }
        ages.sort { $0.age < $1.age }
        for (index, entry) in ages.enumerated() where index >= count || entry.age >= Self.retention {
            try Files.remove(ended + "/" + entry.name)
        }
    }

    /// Clears away what is out of date, looking at no more than `looked` files, and counts the living.
    func sweep(atMost looked: Int) throws(SysError) -> Int {
        try forgetOldest(but: keep)
        let (all, sessions) = try Files.count(directory, prefix: "id-")
        // Around any of them, so that every file's turn comes.
        let start = looked < all ? Int(MonotonicClock.nanoseconds() % UInt64(all)) - looked + 1 : 0
        var stale = 0
        for name in try Files.list(directory, after: max(0, start), atMost: looked) {
            if name.hasPrefix("name-") {
                _ = try FileLock.removeIfFree(directory + "/" + name)
            } else if name.hasPrefix("id-"), let id = SessionID(Array(name.dropFirst(3).utf8)),
                try state(directory + "/" + name) == .free
            {
                _ = try bury(id)
                stale += 1
            }
        }
        return sessions - stale
    }
}
