internal import PosternSys
internal import PosternWire

/// A session's place among the living: its id, and its name if it has one, as locked files.
struct Reservation: ~Copyable {
    let registry: Registry
    let id: LockedFile
    let name: LockedFile?
    let session: SessionID

    /// What an id turned out to be.
    enum Answer: ~Copyable {
        /// It is ours now.
        case taken(Reservation)
        /// It is somebody's already, or was.
        case found(Registry.Found)
    }

    /// Takes the place, or says what is there. Never waits.
    static func take(
        _ request: OpenRequest, in registry: Registry, most: Int?
    ) throws(ErrorReport) -> Answer {
        let session = request.session
        do throws(SysError) {
            switch try registry.find(session) {
            case .nothing: break
            case let found: return .found(found)
            }
        } catch {
            throw Registry.failure(registry.directory, error)
        }
        guard let id = try LockedFile.take(registry.idPath(session.text)) else {
            // Two at once: the other one was quicker.
            return .found(.living(nil))
        }
        let name = try takeName(request, in: registry)
        if let most { try count(registry, most: most) }
        return .taken(Reservation(registry: registry, id: id, name: name, session: session))
    }

    private static func takeName(
        _ request: OpenRequest, in registry: Registry
    ) throws(ErrorReport) -> LockedFile? {
        guard let wanted = request.name else { return nil }
        guard let file = try LockedFile.take(registry.namePath(wanted)) else {
            throw ErrorReport(
                stage: .session, field: "name",
                text: "a living session is named '\(Text.printable(wanted, limit: 64))' already")
        }
        try file.write(Array(request.session.text.utf8))
        return file
    }

    /// Refuses one session too many. Our own is counted: of two that race for the last place none may win,
    /// but never both.
    private static func count(_ registry: Registry, most: Int) throws(ErrorReport) {
        do throws(SysError) {
            // Stale files are all cleared away only when the limit seems reached.
            let living = try registry.sweep(atMost: 8)
            guard living > most, try registry.sweep(atMost: .max) > most else { return }
        } catch {
            throw Registry.failure(registry.directory, error)
        }
        throw ErrorReport(
            stage: .policy,
            text: "\(most) sessions live already, as many as this unit allows (--max-sessions)")
    }

    /// Says what the session is, for those who find its worker silent or dead.
    func note(_ record: Record) throws(ErrorReport) {
        try id.write(record.encode())
    }
}

/// A locked file that is removed when it is let go.
struct LockedFile: ~Copyable {
    let path: String
    private let lock: FileLock

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
            throw Registry.failure(path, error)
        }
    }

    /// Replaces what is in it.
    func write(_ bytes: [UInt8]) throws(ErrorReport) {
        do throws(SysError) { try lock.write(bytes) } catch { throw Registry.failure(path, error) }
    }
}
