import Testing

@testable import PosternSession

@Suite struct PolicyTests {
    @Test("without flags, others than root run as themselves and the host needs a reserved port")
    func defaults() throws {
        let policy = try Policy(arguments: [])
        #expect(policy == Policy())
        #expect(policy.peers == [.own, .hostReserved])
        #expect(policy.openTimeout == 10)
        #expect(policy.grace == 5)
    }

    @Test("every flag is read")
    func flags() throws {
        let policy = try Policy(arguments: [
            "--unit=postern@1.service", "--template=p", "--state-dir=/run/p", "--peers=root,cid:7",
            "--user=alice", "--max-sessions=3", "--max-timeout=60", "--max-idle=30", "--open-timeout=2",
            "--grace=0", "--hold-input=5", "--log-command=name",
            "--wrap=/bin/enter {container}", "--prepare=/bin/make  it", "--release=/bin/remove",
            "--helper-timeout=7", "--cleanup-dir=/var/lib/p",
        ])
        var expected = Policy()
        (expected.unit, expected.template, expected.stateDirectory) = ("postern@1.service", "p", "/run/p")
        (expected.peers, expected.user) = ([.root, .cid(7)], Array("alice".utf8))
        (expected.maxSessions, expected.maxTimeout, expected.maxIdle) = (3, 60, 30)
        (expected.openTimeout, expected.grace, expected.holdInput) = (2, 0, 5)
        expected.commandLog = .name
        expected.wrap = Wrap("/bin/enter {container}")
        expected.prepare = [Array("/bin/make".utf8), Array("it".utf8)]
        expected.release = [Array("/bin/remove".utf8)]
        (expected.helperTimeout, expected.cleanupDirectory) = (7, "/var/lib/p")
        #expect(policy == expected)
    }

    @Test(
        "a flag that is wrong stops the worker, never loosens it",
        arguments: [
            "--peers=everyone", "--grace=-1", "--grace=3601", "--open-timeout=0", "--user=",
            "--max-sessions=0", "--max-timeout=", "--log-command=all", "--frobnicate=1", "--grace", "word",
            "--wrap=enter", "--wrap=/bin/enter {shell}", "--prepare=make", "--release=", "--helper-timeout=0",
        ])
    func refused(_ flag: String) {
        #expect(throws: PolicyError.self) { try Policy(arguments: [flag]) }
    }

    @Test("what is made needs somebody who removes it, and a record")
    func needsCleanup() {
        #expect(throws: PolicyError.missing("--release", neededBy: "--prepare")) {
            try Policy(arguments: ["--prepare=/bin/make"])
        }
        #expect(throws: PolicyError.missing("--cleanup-dir", neededBy: "--release")) {
            try Policy(arguments: ["--release=/bin/remove"])
        }
    }

    @Test("a session limit needs a place to count in")
    func needsState() {
        #expect(throws: PolicyError.missing("--state-dir", neededBy: "--max-sessions")) {
            try Policy(arguments: ["--max-sessions=3"])
        }
    }
}

@Suite struct PeerTests {
    static let root = Peer.unix(pid: 1, uid: 0, gid: 0)
    static let alice = Peer.unix(pid: 2, uid: 1000, gid: 1000)
    static let hostReserved = Peer.vsock(cid: 2, port: 1023)
    static let host = Peer.vsock(cid: 2, port: 1024)
    static let loopback = Peer.vsock(cid: 1, port: 700)
    static let sibling = Peer.vsock(cid: 7, port: 700)

    struct Row: Sendable {
        let rules: [PeerRule]
        let grants: [Grant?]
    }

    @Test(
        "each rule admits its peers and no others",
        arguments: [
            Row(rules: [], grants: [nil, nil, nil, nil, nil, nil]),
            Row(rules: [.root], grants: [.anyone, nil, nil, nil, nil, nil]),
            Row(rules: [.own], grants: [.anyone, .only(uid: 1000, gid: 1000), nil, nil, nil, nil]),
            Row(rules: [.anyone], grants: [.anyone, .anyone, nil, nil, nil, nil]),
            Row(rules: [.hostReserved], grants: [nil, nil, .anyone, nil, nil, nil]),
            Row(rules: [.host], grants: [nil, nil, .anyone, .anyone, nil, nil]),
            Row(rules: [.loopback], grants: [nil, nil, nil, nil, .anyone, nil]),
            Row(rules: [.cid(7)], grants: [nil, nil, nil, nil, nil, .anyone]),
            Row(rules: [.anyCID], grants: [nil, nil, .anyone, .anyone, .anyone, .anyone]),
            Row(rules: [.own, .anyone], grants: [.anyone, .anyone, nil, nil, nil, nil]),
            Row(
                rules: [.own, .hostReserved],
                grants: [.anyone, .only(uid: 1000, gid: 1000), .anyone, nil, nil, nil]),
        ])
    func admit(_ row: Row) {
        let peers = [Self.root, Self.alice, Self.hostReserved, Self.host, Self.loopback, Self.sibling]
        #expect(peers.map { row.rules.admit($0) } == row.grants)
    }

    @Test("rules are written as words")
    func words() {
        let words = [
            "root", "own", "anyone", "host-reserved", "host", "loopback", "any-cid", "cid:7", "cid:", "cid:x",
            "Root",
        ]
        let rules: [PeerRule?] = [
            .root, .own, .anyone, .hostReserved, .host, .loopback, .anyCID, .cid(7), nil, nil, nil,
        ]
        #expect(words.map { PeerRule($0) } == rules)
    }

    @Test("a refusal names the peer and what would change it")
    func refusals() {
        #expect([PeerRule]().refusal(of: Self.alice).contains("1000"))
        #expect([PeerRule]().refusal(of: Self.host).contains("--peers=host"))
        #expect([PeerRule]().refusal(of: Self.loopback).contains("unix socket"))
        #expect([PeerRule]().refusal(of: Self.sibling).contains("--peers=cid:N"))
    }
}
