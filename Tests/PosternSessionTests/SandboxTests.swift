import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// A unit with helpers that are shell scripts, in a directory of its own.
private struct Unit: ~Copyable {
    let directory = "/tmp/postern-sandbox-" + SessionID.random().text
    let signals: SignalFD
    var policy = Policy()
    var records: String { directory + "/cleanup/postern" }
    /// What the helpers have said, line by line.
    var log: [String] {
        let text = (try? Files.readSmall(directory + "/log", limit: 65_536)) ?? []
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    var onRecord: [String] { (try? Files.list(records)) ?? [] }

    init(prepare: String, release: String) throws {
        try Files.makeDirectory(directory, mode: 0o700)
        signals = try SignalFD([.usr2])
        policy.cleanupDirectory = directory + "/cleanup"
        policy.prepare = [bytes("/bin/sh"), bytes("-c"), bytes("cd \(directory); \(prepare)")]
        policy.release = [bytes("/bin/sh"), bytes("-c"), bytes("cd \(directory); \(release)")]
    }

    deinit { removeAll(directory) }

    func prepare(_ socket: borrowing OwnedFD, _ request: OpenRequest = .of()) throws(ErrorReport) -> Sandbox?
    {
        var audit = Audit(peer: nil, policy: policy)
        return try Sandbox.prepare(request, owner: 1000, policy, socket, signals, &audit)
    }

    func release(_ sandbox: consuming Sandbox?) -> Bool {
        var audit = Audit(peer: nil, policy: policy)
        guard let sandbox else { return false }
        return sandbox.release(&audit)
    }
}

@Suite struct SandboxTests {
    @Test("helpers are told who asks for what, and release also what prepare has added")
    func facts() throws {
        let unit = try Unit(
            prepare:
                #"env | grep ^POSTERN_ | sort >log; ls cleanup/postern >>log; printf 'POSTERN_VETH=v1\0' >>"$POSTERN_RECORD""#,
            release: #"echo "$POSTERN_CONTAINER $POSTERN_VETH" >>log"#)
        let pair = try SocketPair()
        var request = OpenRequest.of()
        request.container = bytes("box")
        let sandbox = try unit.prepare(pair.first, request)
        let id = request.session.text
        let record = unit.records + "/" + id
        #expect(
            unit.log == [
                "POSTERN_CONTAINER=box", "POSTERN_OWNER=1000", "POSTERN_RECORD=\(record)",
                "POSTERN_SESSION=\(id)",
                "POSTERN_TEMPLATE=postern", id,
            ])
        let released = unit.release(sandbox)
        #expect(released)
        #expect(unit.log.last == "box v1")
        #expect(unit.onRecord.isEmpty)
    }

    @Test("a helper that fails is quoted, and what it had made is released")
    func failure() throws {
        let unit = try Unit(
            prepare: "echo noise >&2; echo 'no room for box'; exit 3", release: "echo gone >log")
        let pair = try SocketPair()
        let report = failure { () throws(ErrorReport) in _ = try unit.prepare(pair.first) }
        #expect(report == ErrorReport(stage: .prepare, text: "no room for box"))
        #expect(unit.log == ["gone"])
        #expect(unit.onRecord.isEmpty)
    }

    @Test("a helper that hangs is killed at its time, with what it has started")
    func hangs() throws {
        var unit = try Unit(prepare: "echo making; sleep 1000 & wait", release: "echo gone >log")
        unit.policy.helperTimeout = 1
        let pair = try SocketPair()
        let report = failure { () throws(ErrorReport) in _ = try unit.prepare(pair.first) }
        #expect(
            report?.text == "/bin/sh did not finish within 1 s (--helper-timeout): making")
        #expect(unit.log == ["gone"])
    }

    @Test("a client that leaves is not waited for")
    func clientLeaves() throws {
        let unit = try Unit(prepare: "sleep 1000", release: "echo gone >log")
        let pair = try SocketPair()
        Sockets.shutdownBoth(pair.second)
        let report = failure { () throws(ErrorReport) in _ = try unit.prepare(pair.first) }
        #expect(report?.stage == "lost")
        #expect(unit.log == ["gone"])
    }

    @Test("what could not be released stays on record, and is released by the next session")
    func retry() throws {
        let unit = try Unit(prepare: "true", release: "echo again >>log; test -e may")
        let pair = try SocketPair()
        let atFirst = unit.release(try unit.prepare(pair.first))
        #expect(!atFirst)
        #expect(unit.onRecord.count == 1)
        try Files.create([], at: unit.directory + "/may")
        let sandbox = try unit.prepare(pair.first)
        #expect(unit.log == ["again", "again"])
        #expect(unit.onRecord.count == 1)
        let released = unit.release(sandbox)
        #expect(released)
        #expect(unit.onRecord.isEmpty)
    }

    @Test("what belongs to a living worker is left alone")
    func living() throws {
        let unit = try Unit(prepare: "true", release: "echo gone >>log")
        let pair = try SocketPair()
        let one = try unit.prepare(pair.first)
        let other = try unit.prepare(pair.first)
        #expect(unit.log.isEmpty)
        let released = [unit.release(one), unit.release(other)]
        #expect(released == [true, true])
        #expect(unit.onRecord.isEmpty)
    }

    @Test("without a record nothing is made")
    func noRecord() throws {
        var unit = try Unit(prepare: "echo made >log", release: "echo gone >log")
        unit.policy.cleanupDirectory = unit.directory + "/not/there"
        let pair = try SocketPair()
        let report = failure { () throws(ErrorReport) in _ = try unit.prepare(pair.first) }
        #expect(report?.stage == "cleanup")
        #expect(report?.errno == "ENOENT")
        #expect(unit.log.isEmpty)
    }

    @Test("a helper that is not there is named")
    func noHelper() throws {
        var unit = try Unit(prepare: "true", release: "true")
        unit.policy.prepare = [bytes("/nowhere/make")]
        let pair = try SocketPair()
        let report = failure { () throws(ErrorReport) in _ = try unit.prepare(pair.first) }
        #expect(report?.stage == "prepare")
        #expect(report?.text.contains("/nowhere/make") == true)
        #expect(unit.onRecord.isEmpty)
    }

    private func failure(_ body: () throws(ErrorReport) -> Void) -> ErrorReport? {
        do throws(ErrorReport) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
