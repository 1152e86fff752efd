import PosternSys

/// Who types the command.
enum Caller {
    /// `name@host`, with the name that sudo replaced where it did: a claim for the guest's journal, no proof.
    static func claim() -> [UInt8] {
        let name = Process.environment("SUDO_USER") ?? own()
        return name + [UInt8(ascii: "@")] + Array(Kernel.hostname().utf8)
    }

    private static func own() -> [UInt8] {
        let uid = Process.effectiveUserID
        // A user database that fails is no reason not to run a command: the number does.
        guard let user = try? Users.user(uid: uid) else { return Array(String(uid).utf8) }
        return user.name
    }
}
