internal import PosternSys
internal import PosternWire

/// What one worker says to another over a session's control socket: the first thing on a connection. It may cross
/// an upgrade of the package, so it carries a version, and what is unknown in it is ignored.
///
///     acceptor                         session's worker
///     length: u32 | fields ─────────►            `do=ask`, or `do=bring` and the client's first frame, verbatim
///              ◄───────────────────── SESSION    the answer to `ask`
///              ◄───────────────────── ERROR      no: the acceptor tells its client
///              ◄───────────────────── 00         go
///     00 and the client's descriptor ►           from here on the acceptor never writes to it
///              ◄───────────────────── 00         taken
struct Errand {
    enum Verb: String { case ask, bring }

    var verb: Verb
    /// Whose sessions the acceptor's client may see.
    var template: String
    var peer: Peer?

    static let version: UInt64 = 1
    static let go: UInt8 = 0
    /// How long the other side may take for a step, in nanoseconds of loop time.
    static let patience: UInt64 = 2_000_000_000
    /// More than the fields ever are.
    static let longest = 4096

    func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("version", Self.version)
        fields.put("do", verb.rawValue)
        fields.put("template", template)
        switch peer {
        case .unix(let pid, let uid, let gid):
            fields.put("unix", "\(pid) \(uid) \(gid)")
        case .vsock(let cid, let port): fields.put("vsock", "\(cid) \(port)")
        case nil: break
        }
        return BigEndian.bytes(UInt32(fields.bytes.count)) + fields.bytes
    }

    /// Nil when it makes no sense to this version.
    init?(_ payload: [UInt8]) {
        var reader = FieldReader(payload)
        var (version, verb, template, peer): (UInt64?, Verb?, String?, Peer?)
        do throws(WireError) {
            while let field = try reader.next() {
                let text = String(decoding: field.value, as: UTF8.self)
                switch field.key {
                case "version": version = Decimal.unsigned(field.value)
                case "do": verb = Verb(rawValue: text)
                case "template": template = text
                case "unix", "vsock": peer = Peer(field.key, text)
                default: break
                }
            }
        } catch {
            return nil
        }
        guard version == Self.version, let verb, let template else { return nil }
        self.init(verb: verb, template: template, peer: peer)
    }

    init(verb: Verb, template: String, peer: Peer?) {
        self.verb = verb
        self.template = template
        self.peer = peer
    }
}

extension Peer {
    fileprivate init?(_ family: String, _ text: String) {
        let numbers = text.split(separator: " ").map { UInt32($0) }
        switch (family, numbers.count) {
        case ("unix", 3):
            guard let pid = numbers[0], let uid = numbers[1], let gid = numbers[2] else { return nil }
            self = .unix(pid: Int32(clamping: pid), uid: uid, gid: gid)
        case ("vsock", 2):
            guard let cid = numbers[0], let port = numbers[1] else { return nil }
            self = .vsock(cid: cid, port: port)
        default: return nil
        }
    }

    /// Asks the kernel who is at the other end of a connection.
    static func of(_ socket: borrowing OwnedFD) throws(SysError) -> Peer? {
        switch try Sockets.peerAddress(of: socket) {
        case .vsock(let cid, let port): return .vsock(cid: cid, port: port)
        case .unix:
            guard let peer = try Sockets.peerCredentials(of: socket) else { return nil }
            return .unix(pid: peer.pid, uid: peer.uid, gid: peer.gid)
        case .other: return nil
        }
    }
}
