internal import PosternSys
internal import PosternWire

/// A session's place among the living: its id, and its name if it has one, as locked files in a directory
/// that the workers of one template share.
///
/// The lock says that the session lives, not the file: it is gone with the worker, however that ended. A
/// file without a lock is stale, and later sessions clear it away.
struct Reservation: ~Copyable {
    let id: LockedFile?
    let name: LockedFile?

    /// Takes the place, or says why it cannot be had. Never waits.
    static func take(
        _ request: OpenRequest, in stateDirectory: String, template: String, most: Int?
    ) throws(ErrorReport) -> Reservation {
        let directory = stateDirectory + "/" + template
        do throws(SysError) {
            try Files.makeDirectory(stateDirectory, mode: 0o755)
            try Files.makeDirectory(directory, mode: 0o700)
        } catch {
            throw failure(directory, error)
        }
        let id = try LockedFile.take(directory + "/id-" + request.session.text)
        guard id.isTaken else {
            throw ErrorReport(
                stage: .session, field: "session", text: "session \(request.session.text) lives already")
        }
        let wanted = request.name ?? []
        let name = wanted.isEmpty ? nil : try LockedFile.take(directory + "/name-" + hex(wanted))
        guard wanted.isEmpty || name.isTaken else {
            throw ErrorReport(
                stage: .session, field: "name",
                text: "a living session is named '\(Text.printable(wanted, limit: 64))' already")
        }
        try count(directory, most: most)
        return Reservation(id: id, name: name)
    }

    /// Refuses one session too many. Our own is counted: of two that race for the last place none may win,
    /// but never both.
    private static func count(_ directory: String, most: Int?) throws(ErrorReport) {
        do throws(SysError) {
            // A few stale files are cleared away in passing, all of them only when the limit seems reached.
            let living = try sweep(directory, atMost: 8)
            guard let most, living > most, try sweep(directory, atMost: .max) > most else { return }
        } catch {
            throw failure(directory, error)
        }
        throw ErrorReport(
            stage: .policy,
            text: "\(most ?? 0) sessions live already, as many as this unit allows (--max-sessions)")
    }

    /// Clears stale files away, looking at no more than `looked`, and counts the sessions on record.
    private static func sweep(_ directory: String, atMost looked: Int) throws(SysError) -> Int {
        var entries = try Files.list(directory)
        // Started anywhere, so that every file's turn comes.
        let start = entries.isEmpty ? 0 : Int(MonotonicClock.nanoseconds() % UInt64(entries.count))
        var stale: Set<String> = []
        for step in 0..<min(looked, entries.count) {
            let name = entries[(start + step) % entries.count]
            if try FileLock.removeIfFree(directory + "/" + name) { stale.insert(name) }
        }
        entries.removeAll { stale.contains($0) || !$0.hasPrefix("id-") }
        return entries.count
    }

    static func failure(_ path: String, _ error: SysError) -> ErrorReport {
        ErrorReport(
            stage: .session, errno: error.errno.name,
            text: "cannot put the session on record at \(path): \(error)")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// A locked file that is removed when it is let go.
struct LockedFile: ~Copyable {
    let path: String
    let lock: FileLock

    deinit {
        // Removed before the lock goes: whoever has opened it meanwhile sees that it has no name any
        // more. What cannot be removed is stale, and cleared away later.
        try? Files.remove(path)
    }

    static func take(_ path: String) throws(ErrorReport) -> LockedFile? {
        do throws(SysError) {
            guard let lock = try FileLock.take(path) else { return nil }
            return LockedFile(path: path, lock: lock)
        } catch {
            throw Reservation.failure(path, error)
        }
    }
}

extension LockedFile? {
    fileprivate var isTaken: Bool {
        switch self {
        case .some: true
        case .none: false
        }
    }
}
