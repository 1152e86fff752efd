import CPostern

/// What passwd says of a user.
public struct UserRecord: Equatable, Sendable {
    public let name: [UInt8]
    public let uid: UInt32
    public let gid: UInt32
    public let home: [UInt8]
    public let shell: [UInt8]
    /// False for a bare number that no passwd entry has.
    public let isKnown: Bool

    init(name: [UInt8], uid: UInt32, gid: UInt32, home: [UInt8], shell: [UInt8], isKnown: Bool) {
        (self.name, self.uid, self.gid) = (name, uid, gid)
        (self.home, self.shell, self.isKnown) = (home, shell, isKnown)
    }
}

/// Users and groups by NSS, which may ask a network service and so block. Not for between fork and exec.
public enum Users {
    /// The user of a name or, failing that, of a number. A number without entry is a user all the same, with
    /// its uid as gid, `/` and `/bin/sh`. Nil when there is no such user; an NSS failure is thrown.
    public static func user(named text: [UInt8]) throws(SysError) -> UserRecord? {
        let name = terminated(text)
        // SAFETY: `name` ends with NUL and lives for the call.
        let found = try unsafe lookUp("getpwnam_r") { entry, buffer, length, result in
            unsafe getpwnam_r(name, entry, buffer, length, result)
        }
        if let found { return found }
        return try id(text).map { number throws(SysError) in try user(uid: number) }
    }

    /// The user of a number, made up where there is no entry: then its group is nobody's (65534), as no number of
    /// a user says anything about groups.
    public static func user(uid: UInt32) throws(SysError) -> UserRecord {
        // SAFETY: the pointers are lookUp's own.
        let found = try unsafe lookUp("getpwuid_r") { entry, buffer, length, result in
            unsafe getpwuid_r(uid, entry, buffer, length, result)
        }
        return found
            ?? UserRecord(
                name: Array("\(uid)".utf8), uid: uid, gid: 65534, home: Array("/".utf8),
                shell: Array("/bin/sh".utf8), isKnown: false)
    }

    /// The id of a group's name or, failing that, of a number. Nil when there is no such group.
    public static func group(_ text: [UInt8]) throws(SysError) -> UInt32? {
        let name = terminated(text)
        var size = 1024
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            var entry = unsafe CPostern.group()
            var result: UnsafeMutablePointer<CPostern.group>?
            // SAFETY: the entry points into `buffer`, which outlives its use here.
            let error = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &result)
            if error == ERANGE, size < 1 << 24 {
                size *= 4
            } else if unsafe result != nil {
                return unsafe entry.gr_gid
            } else {
                try refuse("getgrnam_r", error)
                return id(text)
            }
        }
    }

    /// The groups that the user's processes have, its own `gid` among them. Only that for a user without
    /// entry.
    public static func supplementaryGroups(of user: UserRecord) -> [UInt32] {
        guard user.isKnown else { return [user.gid] }
        let name = terminated(user.name)
        var count: Int32 = 64
        while true {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            // SAFETY: the call writes at most `count` ids, and says in it how many there are.
            let result = unsafe getgrouplist(name, user.gid, &groups, &count)
            if result >= 0 { return Array(groups.prefix(Int(count))) }
            // Not enough room; a number that did not grow is an NSS failure, for which the primary group must
            // do.
            guard count > room, count <= 65536 else { return [user.gid] }
        }
    }

    private static func lookUp(
        _ call: StaticString,
        _ body: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) throws(SysError) -> UserRecord? {
        var size = 1024
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            // SAFETY: the entry's strings lie in `buffer`, and are copied out of it inside the closure.
            let (error, record): (Int32, UserRecord?) = unsafe buffer.withUnsafeMutableBufferPointer {
                memory in
                guard let base = memory.baseAddress else { return (ENOMEM, nil) }
                let error = unsafe body(&entry, base, memory.count, &result)
                return unsafe (error, result == nil ? nil : copy(entry))
            }
            if let record { return record }
            if error == ERANGE, size < 1 << 20 {
                size *= 4
            } else {
                try refuse(call, error)
                return nil
            }
        }
    }

    /// "Not found" has many numbers: getpwnam(3).
    private static func refuse(_ call: StaticString, _ error: Int32) throws(SysError) {
        guard ![0, ENOENT, ESRCH, EBADF, EPERM].contains(error) else { return }
        throw SysError(call: call.description, errno: Errno(rawValue: error))
    }

    private static func copy(_ entry: passwd) -> UserRecord {
        // SAFETY: each is NUL-terminated or NULL, in a buffer that the caller holds.
        let shell = unsafe bytes(entry.pw_shell)
        return unsafe UserRecord(
            name: bytes(entry.pw_name), uid: entry.pw_uid, gid: entry.pw_gid, home: bytes(entry.pw_dir),
            // An empty shell field means this one: passwd(5).
            shell: shell.isEmpty ? Array("/bin/sh".utf8) : shell, isKnown: true)
    }

    private static func bytes(_ string: UnsafePointer<CChar>?) -> [UInt8] {
        guard let string = unsafe string else { return [] }
        // SAFETY: NUL-terminated, as the caller says.
        return unsafe UnsafeBufferPointer(start: string, count: strlen(string)).map { UInt8(bitPattern: $0) }
    }

    private static func terminated(_ text: [UInt8]) -> [CChar] {
        text.map { CChar(bitPattern: $0) } + [0]
    }

    /// A decimal id. 2^32-1 means "no change" to the kernel and is none.
    private static func id(_ text: [UInt8]) -> UInt32? {
        UInt32(ascii: text).flatMap { $0 == .max ? nil : $0 }
    }
}
