import PosternSys
import PosternWire
import Testing

@testable import PosternSession

@Suite struct ChildEnvironmentTests {
    static func environment(_ entries: [String], user: String = "root") throws -> [String] {
        var request = OpenRequest(session: .zero, token: .zero, limit: 0)
        request.environment = entries.map { Array($0.utf8) }
        let record = try #require(try Users.user(named: Array(user.utf8)))
        return ChildEnvironment(request, user: record).entries.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a login's variables are there, and the worker's own are not")
    func clean() throws {
        let names = try Self.environment([]).map { String($0.prefix { $0 != "=" }) }
        #expect(names == ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "POSTERN_SESSION"])
    }

    @Test("the client's entries win, and the later over the earlier")
    func wins() throws {
        let entries = try Self.environment(["HOME=/a", "X=1", "X=2=3"])
        #expect(entries.filter { $0.hasPrefix("HOME=") } == ["HOME=/a"])
        #expect(entries.filter { $0.hasPrefix("X=") } == ["X=2=3"])
    }

    @Test("a name that begins like another is another")
    func prefixes() throws {
        let entries = try Self.environment(["HOMER=1"])
        #expect(entries.contains("HOME=/root"))
        #expect(entries.contains("HOMER=1"))
    }

    @Test("the session's id cannot be forged")
    func session() throws {
        let entries = try Self.environment(["POSTERN_SESSION=x"])
        #expect(
            entries.filter { $0.hasPrefix("POSTERN_SESSION=") } == ["POSTERN_SESSION=" + SessionID.zero.text])
    }

    @Test("others than root get no sbin in their PATH")
    func path() throws {
        #expect(
            try !Self.environment([], user: "nobody").contains {
                $0.hasPrefix("PATH=") && $0.contains("sbin")
            })
    }

    @Test(
        "a terminal the guest does not know is replaced by one that it does",
        arguments: ["no-such-term", "../../etc/passwd", ".", "\u{1b}"])
    func fallback(_ type: String) {
        let known = String(decoding: TerminalType.known(for: Array(type.utf8)), as: UTF8.self)
        #expect(["xterm-256color", "xterm", "vt100", "dumb"].contains(known))
    }

    @Test("a terminal the guest knows stays")
    func known() {
        #expect(TerminalType.known(for: Array("vt100".utf8)) == Array("vt100".utf8))
    }
}

@Suite struct LoopClockTests {
    @Test("a poll is told milliseconds, rounded up, and no more than one turn can add")
    func milliseconds() {
        let clock = LoopClock()
        #expect(clock.milliseconds(until: nil) == nil)
        #expect(clock.milliseconds(until: 0) == 0)
        #expect(clock.milliseconds(until: 1) == 1)
        #expect(clock.milliseconds(until: 1_000_001) == 2)
        #expect(clock.milliseconds(until: 3_600_000_000_000) == 5000)
    }

    @Test("a turn adds no more than five seconds and never goes back")
    func turns() {
        var clock = LoopClock()
        var last = clock.now
        for _ in 0..<100 {
            clock.turn()
            #expect(clock.now >= last && clock.now - last <= LoopClock.longestTurn)
            last = clock.now
        }
    }
}
