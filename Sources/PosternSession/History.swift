internal import PosternSys
internal import PosternWire

/// Sessions that may outlive their client, noted where it outlives the boot: one file each, in it the boot's id. So
/// whoever asks for one after a reboot is told what became of it. A wish, no promise: where nothing can be written
/// nothing is noted, and a crash may lose what was.
struct History {
    private let directory: String
    /// How long an entry of another boot is kept, in seconds.
    private static let retention: UInt64 = 7 * 86_400
    private static let most = 1000

    /// - Parameter directory: of this template.
    init(_ directory: String, template: String) { self.directory = directory + "/" + template }

    /// Notes a session of this boot.
    func note(_ id: SessionID) {
        do throws(SysError) {
            // Its parent is made with the package, or there is no history.
            try Files.makeDirectory(directory, mode: 0o700)
            try sweep()
            try Files.create(Array(SessionID.boot().text.utf8), at: directory + "/" + id.text)
        } catch {
            // A read-only root, or a second note of the same session.
        }
    }

    func forget(_ id: SessionID) {
        // Not there, or not to be removed: an entry of this boot says nothing.
        try? Files.remove(directory + "/" + id.text)
    }

    /// Whether an id, or the beginning of one, was of another boot.
    func wasBeforeThisBoot(_ word: [UInt8]) -> Bool {
        let text = String(decoding: word, as: UTF8.self)
        guard word.count >= 4, let names = try? Files.list(directory) else { return false }
        return names.contains { $0.hasPrefix(text) && isOld(directory + "/" + $0) }
    }

    private func isOld(_ path: String) -> Bool {
        guard let boot = try? Files.readSmall(path, limit: 64) else { return false }
        return SessionID(boot) != SessionID.boot()
    }

    private func sweep() throws(SysError) {
        let names = try Files.list(directory)
        for name in names where names.count > Self.most || isOutdated(directory + "/" + name) {
            if isOld(directory + "/" + name) { try Files.remove(directory + "/" + name) }
        }
    }

    private func isOutdated(_ path: String) -> Bool {
        guard let file = try? Files.facts(path) else { return false }
        return file.age > Self.retention
    }
}

extension SessionID {
    /// The kernel's id of this boot; zero where it does not tell.
    static func boot() -> SessionID {
        let digits = Kernel.bootID().map { $0.utf8.filter { $0 != UInt8(ascii: "-") } } ?? []
        return SessionID(digits) ?? .zero
    }
}

extension ErrorReport {
    static func rebooted(_ session: [UInt8]) -> ErrorReport {
        ErrorReport(
            stage: .rebooted, field: "session",
            text: "session '\(Text.printable(session, limit: 64))' ended with the guest's last boot")
    }
}
