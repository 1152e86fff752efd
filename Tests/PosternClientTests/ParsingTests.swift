import PosternWire
import Testing

@testable import PosternClient

/// What a user types.
@Suite struct ParsingTests {
    @Test(
        arguments: [
            ("unix:/run/x.sock", .unix(path: bytes("/run/x.sock"))),
            ("unix:/a:b", .unix(path: bytes("/a:b"))),
            ("vsock:3", .vsock(cid: 3, port: 722)),
            ("vsock:2:1", .vsock(cid: 2, port: 1)),
            ("vsock-mux:/fc.sock", .mux(path: bytes("/fc.sock"), port: 722)),
            ("vsock-mux:/fc.sock:5", .mux(path: bytes("/fc.sock"), port: 5)),
            ("vsock-mux:/a:b", .mux(path: bytes("/a:b"), port: 722)),
        ] as [(String, Target)])
    func `a target is systemd's address syntax`(text: String, target: Target) throws {
        #expect(try Target(bytes(text)) == target)
    }

    @Test(arguments: [
        "", "unix:", "unix:relative", "/run/x.sock", "vsock:", "vsock:x", "vsock:0", "vsock:4294967295",
        "vsock:3:", "vsock:3:0", "vsock:3:4294967295", "vsock:3:1:1", "vsock:-1", "vsock-mux:x",
        "vsock-mux:/x:99999999999", "tcp:localhost", "unix:/" + String(repeating: "a", count: 107),
    ])
    func `what is no target is refused, with the value in the error`(text: String) {
        #expect(throws: TargetError.self) { try Target(bytes(text)) }
    }

    @Test func `every byte of a word comes back from its disguise`() {
        var all: [[UInt8]] = [
            [], bytes("plain"), bytes("grüße 🐚"), [0xFF], [0xC3], [0xC3, 0x28], [0xE2, 0x82],
            [0xED, 0xA0, 0x80],
            [0xF4, 0x8F, 0xBC, 0x80], bytes("\u{10FFFF}\u{10FF80}"), [0x41, 0x80, 0x42],
        ]
        all += (1...255).map { [UInt8($0)] }
        for word in all { #expect(ByteText.decode(ByteText.encode(word)) == word) }
    }

    @Test func `an argument list is split at NULs, and empty arguments stay`() {
        #expect(ByteText.words(bytes("postern\0exec\0\0-i\0")) == [bytes("exec"), [], bytes("-i")])
        #expect(ByteText.words(bytes("postern\0")) == [])
    }

    @Test func `row 33: options end at TARGET`() {
        let words = ExecWords(["-it", "unix:/s", "ls", "-la", "--help"].map { bytes($0) })
        #expect(words.options == ["--interactive", "--tty", "--", "unix:/s"])
        #expect(words.command == ["ls", "-la", "--help"].map { bytes($0) })
        #expect(!words.asksForHelp)
    }

    @Test(arguments: [
        (["-itu", "root", "T"], ["--interactive", "--tty", "--user", "root", "--", "T"]),
        (["-eK=V", "T"], ["--env", "K=V", "--", "T"]),
        (["-e", "-x=1", "T"], ["--env", "-x=1", "--", "T"]),
        (["--env=A=B", "T"], ["--env", "A=B", "--", "T"]),
        (["--detach-keys", "", "T"], ["--detach-keys", "", "--", "T"]),
        (["--detach-keys=", "T"], ["--detach-keys", "", "--", "T"]),
        (["--oom-score-adj", "-3", "T"], ["--oom-score-adj", "-3", "--", "T"]),
        (["--", "T"], ["--", "T"]),
        (["-u"], ["--user"]),
        (["--nonsense", "T"], ["--nonsense", "--", "T"]),
    ])
    func `options are spelt in one way for the parser`(given: [String], options: [String]) {
        #expect(ExecWords(given.map { bytes($0) }).options == options)
    }

    @Test func `a -- after TARGET is ours, a second one the command's`() {
        #expect(
            ExecWords(["T", "--", "--", "x"].map { bytes($0) }).command == ["--", "x"].map { bytes($0) })
        #expect(ExecWords(["T"].map { bytes($0) }).command == [])
    }

    @Test(arguments: [
        ["-it", "--env=A=B", "-u", "root", "unix:/s", "--env-file", "x"], ["--", "unix:/s"], ["unix:/s"],
    ])
    func `a guest is dialled before the options are looked at`(given: [String]) {
        #expect(ExecWords(given.map { bytes($0) }).earlyTarget == .unix(path: bytes("/s")))
    }

    @Test(arguments: [
        ["--env-file", "/dev/stdin", "unix:/s"], ["--env-file=x", "unix:/s"], ["--nonsense", "unix:/s"],
        ["--tty=yes", "unix:/s"], ["-ix", "unix:/s"], ["nowhere"], [],
    ])
    func `but not where they are wrong or take their time`(given: [String]) {
        #expect(ExecWords(given.map { bytes($0) }).earlyTarget == nil)
    }

    @Test func `an environment file is read as podman reads it`() throws {
        let file = """
            # a comment

            A=1
              B=two words # and no comment
            Q="kept"
            CALLER
            ABSENT
            E=
            CR=x\r
            """
        let entries = try EnvironmentFile.entries(bytes(file), of: "f") {
            $0 == "CALLER" ? bytes("mine") : nil
        }
        #expect(
            entries
                == ["A=1", "B=two words # and no comment", "Q=\"kept\"", "CALLER=mine", "E=", "CR=x"]
                .map { bytes($0) })
    }

    @Test(arguments: ["=x", "A=1\n=x", "A\0=1"])
    func `a line that is no variable is refused`(file: String) {
        #expect(throws: UsageError.self) { try EnvironmentFile.entries(bytes(file), of: "f") { _ in nil } }
    }

    @Test(arguments: [
        ("30", 30), ("30s", 30), ("5min", 300), ("1h", 3600), ("1h 30min", 5400), ("2d", 172_800),
    ])
    func `times are systemd's`(text: String, seconds: UInt64) throws {
        #expect(try TimeSpan.seconds(text, option: "--timeout", in: 1...3_155_760_000) == seconds)
    }

    @Test(arguments: ["", "0", "-1", "5x", "min", "1.5h", "99999999999999999999", "18446744073709551615h"])
    func `what is no time is refused`(text: String) {
        #expect(throws: UsageError.self) {
            try TimeSpan.seconds(text, option: "--timeout", in: 1...3_155_760_000)
        }
    }

    @Test func `three escapes within a second hang up, and nothing else does`() {
        let escape: UInt8 = 0x1D
        #expect(Self.seen([([escape, escape], 0), ([escape, escape], 900)]))
        #expect(!Self.seen([([escape, escape], 0), ([escape, escape], 1100)]))
        #expect(!Self.seen([([escape, escape, 0x61, escape, escape], 0)]))
    }

    private static func seen(_ typed: [(keys: [UInt8], at: UInt64)]) -> Bool {
        var watch = EscapeWatch()
        for (keys, now) in typed where watch.sees(keys.span, now: now) { return true }
        return false
    }

    @Test func `exit codes are podman's`() {
        #expect(ExitCode(Exit.Status.code(42)).rawValue == 42)
        #expect(ExitCode(Exit.Status.signal(15)).rawValue == 143)
        #expect(ExitCode(ErrorReport(stage: .exec, errno: "ENOENT", text: "")).rawValue == 127)
        #expect(ExitCode(ErrorReport(stage: .exec, errno: "ENOEXEC", text: "")).rawValue == 126)
        #expect(ExitCode(ErrorReport(stage: .mkdir, errno: "ENOENT", text: "")).rawValue == 125)
    }
}
