import PosternWire
import Testing

@Suite struct OpenRequestTests {
    private static let minimal =
        "version=1\0session=0123456789abcdef0123456789abcdef\0token=fedcba9876543210fedcba9876543210\0limit=0\0"

    @Test func theSmallestRequestComesBack() throws {
        #expect(try OpenRequest(Example.open.encode()) == Example.open)
        let read = try OpenRequest(bytes(Self.minimal))
        #expect(read.connection == 1)
        #expect(read.terminal == nil)
        #expect(!read.stdin)
    }

    @Test func aRequestWithEverythingComesBack() throws {
        #expect(try OpenRequest(Example.fullOpen.encode()) == Example.fullOpen)
    }

    @Test func fieldsMayComeInAnyOrder() throws {
        let fields = Example.open.encode().split(separator: 0).reversed()
        #expect(try OpenRequest(fields.flatMap { Array($0) + [0] }) == Example.open)
    }

    @Test func wishesAreKnownFields() throws {
        for wish in OpenRequest.wishes {
            _ = try OpenRequest(bytes(Self.minimal + "\(wish)=x\0"))
        }
    }

    static let malformed: [Malformed] =
        [
            Malformed("", .missingField("version")),
            Malformed("session=x\0", Malformed.bad("session", "x")),
            Malformed("version=2\0", Malformed.bad("version", "2")),
            Malformed("version=\0", Malformed.bad("version", "")),
        ]
        + ["version", "session", "token", "limit"].map { key in
            Malformed(
                minimal.split(separator: "\0").filter { !$0.hasPrefix("\(key)=") }.map { $0 + "\0" }.joined(),
                .missingField(key))
        }
        + [
            ("shell", "x"), ("Arg", "x"),
        ].map { key, value in
            Malformed(
                minimal + "\(key)=\(value)\0", key == "Arg" ? .malformedFields : .unknownField(bytes(key)))
        }
        + [
            "version=1", "session=0123456789abcdef0123456789abcdef", "token=fedcba9876543210fedcba9876543210",
            "limit=1", "connection=1", "cwd=/", "mkdir=1", "user=a", "group=a", "tty=1", "term=a", "stdin=1",
            "oom-score-adj=1", "timeout=1", "idle=1", "linger=1", "detach=1", "hold-input=1", "name=a",
            "container=a", "image=a",
            "operator=a", "reason=a",
            "rows=1", "columns=1", "x-pixels=1", "y-pixels=1",
        ].map { field in
            Malformed(
                "\(field)\0\(field)\0", .repeatedField(String(field.prefix { $0 != "=" })))
        }
        + [
            ("connection", "0"), ("connection", "-1"), ("connection", "18446744073709551616"),
            ("env", "NAME"),
            ("env", "=value"), ("env", ""), ("cwd", ""), ("mkdir", "yes"), ("user", ""), ("group", ""),
            ("tty", "2"), ("term", ""), ("stdin", ""), ("rlimit", ""), ("rlimit", "nofile"),
            ("rlimit", "nofile="), ("rlimit", "=1"), ("rlimit", "nofile=1:"), ("rlimit", "nofile=:1"),
            ("rlimit", "nofile=1:2:3"), ("rlimit", "nofile=-1"), ("rlimit", "nofile=1k"),
            ("rlimit", "rlimit_=1"), ("rlimit", "rlimit_rlimit_nofile=1"), ("rlimit", "no file=1"),
            ("rlimit", "ofïle=1"), ("rlimit", "nofile=99999999999999999999"), ("oom-score-adj", "1001"),
            ("oom-score-adj", "-1001"), ("oom-score-adj", ""), ("timeout", "0"), ("timeout", "3155760001"),
            ("idle", "0"), ("linger", "3155760001"), ("linger", "-1"), ("linger", ""), ("detach", "yes"),
            ("hold-input", "3601"), ("name", ""), ("name", String(repeating: "n", count: 65)),
            ("container", ""), ("container", "-box"), ("container", ".."), ("container", "a/b"),
            ("container", "a b"), ("container", "a\n"), ("container", String(repeating: "c", count: 65)),
            ("image", ""), ("image", "--rm"), ("image", "/etc"), ("image", "a b"),
            ("image", String(repeating: "i", count: 256)),
            ("operator", ""), ("reason", ""),
            ("rows", "65536"), ("columns", "-1"), ("x-pixels", "65536"), ("y-pixels", "x"),
        ].map { key, value in Malformed(minimal + "\(key)=\(value)\0", Malformed.bad(key, value)) }
        + [
            Malformed(minimal + "mkdir=1\0", .missingField("cwd")),
            Malformed(minimal + "term=xterm\0", .missingField("tty")),
            Malformed(minimal + "rows=1\0columns=1\0", .missingField("tty")),
            Malformed(minimal + "tty=0\0term=xterm\0", .missingField("tty")),
            Malformed(minimal + "tty=1\0rows=1\0", .missingField("columns")),
            Malformed(minimal + "tty=1\0columns=1\0", .missingField("rows")),
            Malformed(minimal + "tty=1\0x-pixels=1\0", .missingField("rows")),
        ]

    @Test(arguments: malformed) func whatIsWrongIsNamed(_ case: Malformed) {
        #expect(throws: `case`.error) { try OpenRequest(bytes(`case`.payload)) }
    }

    @Test(arguments: [
        ("nofile=1024:4096", "nofile=1024:4096"), ("nofile=1024", "nofile=1024:1024"),
        ("RLIMIT_NOFILE=1:2", "nofile=1:2"), ("Core=unlimited", "core=unlimited:unlimited"),
        ("core=0:infinity", "core=0:unlimited"), ("nofile=2:1", "nofile=2:1"), ("nosuch=1", "nosuch=1:1"),
    ])
    func resourceLimitsAreReadInEverySpelling(_ text: String, _ normal: String) throws {
        let limit = try #require(OpenRequest.ResourceLimit(bytes(text)))
        #expect(limit.description == normal)
        #expect(OpenRequest.ResourceLimit(bytes(normal)) == limit)
    }

    @Test func thousandsOfArgumentsFit() throws {
        var open = Example.open
        open.arguments = (0..<50_000).map { bytes("argument \($0)") }
        #expect(try OpenRequest(open.encode()).arguments.count == 50_000)
    }
}
