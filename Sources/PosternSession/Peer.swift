/// Who is at the other end, as the kernel says.
package enum Peer: Equatable, Sendable {
    /// A process of this machine, or of a machine that shares the socket's directory with it. The pid is 0
    /// when it is in another PID namespace.
    case unix(pid: Int32, uid: UInt32, gid: UInt32)
    case vsock(cid: UInt32, port: UInt32)

    /// For journals and messages: `unix:uid=1000,pid=77`, `vsock:2:1023`.
    package var text: String {
        switch self {
        case .unix(let pid, let uid, _): "unix:uid=\(uid),pid=\(pid)"
        case .vsock(let cid, let port): "vsock:\(cid):\(port)"
        }
    }
}

/// Who may connect, and as whom they may run. One word of `--peers=`.
package enum PeerRule: Equatable, Sendable {
    /// AF_UNIX: uid 0, as anyone.
    case root
    /// AF_UNIX: uid 0 as anyone, others as themselves.
    case own
    /// AF_UNIX: anyone, as anyone.
    case anyone
    /// AF_VSOCK: CID 2 from a port below 1024, which takes privilege on the host.
    case hostReserved
    /// AF_VSOCK: CID 2. Any process of a host that uses vhost-vsock.
    case host
    /// AF_VSOCK: CID 1, any process of this very guest.
    case loopback
    case cid(UInt32)
    case anyCID

    package init?(_ word: some StringProtocol) {
        switch word {
        case "root": self = .root
        case "own": self = .own
        case "anyone": self = .anyone
        case "host-reserved": self = .hostReserved
        case "host": self = .host
        case "loopback": self = .loopback
        case "any-cid": self = .anyCID
        default:
            guard word.hasPrefix("cid:"), let cid = UInt32(word.dropFirst(4)) else { return nil }
            self = .cid(cid)
        }
    }

    /// What `peer` gets by this rule; nil when the rule is not about it.
    func grant(_ peer: Peer) -> Grant? {
        switch (self, peer) {
        case (.root, .unix(_, 0, _)), (.own, .unix(_, 0, _)), (.anyone, .unix): .anyone
        case (.own, .unix(_, let uid, let gid)): .only(uid: uid, gid: gid)
        case (.hostReserved, .vsock(2, 0..<1024)), (.host, .vsock(2, _)), (.loopback, .vsock(1, _)),
            (.anyCID, .vsock):
            .anyone
        case (.cid(let allowed), .vsock(let cid, _)): cid == allowed ? .anyone : nil
        case (.root, _), (.own, _), (.anyone, _), (.hostReserved, _), (.host, _), (.loopback, _),
            (.anyCID, _),
            (.cid, _):
            nil
        }
    }
}

/// As whom an admitted peer may run.
package enum Grant: Equatable, Sendable {
    case anyone
    /// With this group, where the guest knows no such user.
    case only(uid: UInt32, gid: UInt32)
}

extension [PeerRule] {
    /// The widest grant any rule gives; nil refuses the peer.
    package func admit(_ peer: Peer) -> Grant? {
        var admitted: Grant?
        for rule in self {
            guard let grant = rule.grant(peer) else { continue }
            if grant == .anyone { return grant }
            admitted = admitted ?? grant
        }
        return admitted
    }

    /// Why `peer` is refused, and what would change that.
    package func refusal(of peer: Peer) -> String {
        switch peer {
        case .unix(_, let uid, _):
            "user id \(uid) may not use this socket; its unit's --peers= says who may"
        case .vsock(2, _):
            "vsock peers must come from a port below 1024, which takes root or CAP_NET_BIND_SERVICE on the "
                + "host (got \(peer.text)); --peers=host lifts this"
        case .vsock(1, _):
            "a process of this guest may not connect over vsock loopback (\(peer.text)); use the unix socket"
        case .vsock:
            "only the host (CID 2) may connect, not \(peer.text); --peers=cid:N allows another"
        }
    }
}

extension Grant {
    /// Whether a session of this user's may be seen.
    func sees(_ owner: UInt32) -> Bool {
        switch self {
        case .anyone: true
        case .only(let uid, _): uid == owner
        }
    }

    /// Whose a session is that this peer asks for.
    var owner: UInt32 {
        switch self {
        case .anyone: 0
        case .only(let uid, _): uid
        }
    }
}
