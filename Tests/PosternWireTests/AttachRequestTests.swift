import PosternWire
import Testing

@Suite struct AttachRequestTests {
    private static let minimal =
        "version=1\0session=0123456789abcdef0123456789abcdef\0token=fedcba9876543210fedcba9876543210\0window=1\0"
    private static let mirror = "version=1\0session=build\0window=1\0read-only=1\0"

    @Test func requestsComeBack() throws {
        #expect(try AttachRequest(Example.attach.encode()) == Example.attach)
        #expect(try AttachRequest(Example.mirror.encode()) == Example.mirror)
        var both = Example.mirror
        both.token = Example.token
        both.offset = .max
        #expect(try AttachRequest(both.encode()) == both)
    }

    @Test func theSmallestRequestIsAWriterWhoGoesOnWhereTheLastOneWas() throws {
        let read = try AttachRequest(bytes(Self.minimal))
        #expect(read == AttachRequest(session: bytes(Example.session.text), token: Example.token, window: 1))
        #expect(!read.readOnly && !read.takeOver)
        #expect(read.connection == 1)
        #expect(read.offset == nil && read.boot == nil)
    }

    @Test func whoeverHasNoTokenIsAMirror() throws {
        #expect(Example.mirror.readOnly)
        #expect(try AttachRequest(bytes(Self.mirror)).token == nil)
    }

    @Test func aNameIsBytes() throws {
        for name in [[0xFF], bytes("größer"), bytes("a=b"), [UInt8](repeating: 0x01, count: 64)] {
            let request = AttachRequest(session: name, token: Example.token, window: 0)
            #expect(try AttachRequest(request.encode()).session == name)
        }
    }

    @Test func aRequestWithTheLongestValuesFitsItsFrame() throws {
        var request = Example.attach
        request.session = [UInt8](repeating: 0x6E, count: 64)
        request.connection = .max
        request.offset = .max
        request.window = .max
        #expect(FrameKind.attach.lengths.contains(request.encode().count))
    }

    static let malformed: [Malformed] =
        [
            Malformed("", .missingField("version")),
            Malformed("version=2\0", Malformed.bad("version", "2")),
            Malformed("version=1", .malformedFields),
            Malformed(minimal + "limit=1\0", .unknownField(bytes("limit"))),
            Malformed(minimal + "arg=sh\0", .unknownField(bytes("arg"))),
            Malformed(minimal + "read-only=1\0take-over=1\0", Malformed.bad("take-over", "1")),
            Malformed(mirror + "take-over=1\0", Malformed.bad("take-over", "1")),
            Malformed("version=1\0session=build\0window=1\0read-only=0\0", .missingField("token")),
        ]
        + ["version", "session", "token", "window"].map { key in
            Malformed(
                minimal.split(separator: "\0").filter { !$0.hasPrefix("\(key)=") }.map { $0 + "\0" }.joined(),
                .missingField(key))
        }
        + [
            "version=1", "session=a", "token=fedcba9876543210fedcba9876543210", "connection=1", "offset=1",
            "window=1", "boot=0123456789abcdef0123456789abcdef", "read-only=1", "take-over=1", "operator=a",
        ].map { field in
            Malformed("\(field)\0\(field)\0", .repeatedField(String(field.prefix { $0 != "=" })))
        }
        + [
            ("session", ""), ("session", String(repeating: "n", count: 65)), ("token", ""), ("token", "0"),
            ("connection", "0"), ("connection", "18446744073709551616"), ("offset", "-1"), ("offset", ""),
            ("window", "1k"), ("boot", "0123456789ABCDEF0123456789ABCDEF"), ("read-only", "yes"),
            ("take-over", ""), ("operator", ""),
        ].map { key, value in Malformed("\(key)=\(value)\0", Malformed.bad(key, value)) }

    @Test(arguments: malformed) func whatIsWrongIsNamed(_ case: Malformed) {
        #expect(throws: `case`.error) { try AttachRequest(bytes(`case`.payload)) }
    }

    @Test func aTokenThatIsWrongIsNotRepeated() {
        let secret = "fedcba9876543210fedcba987654321"
        #expect {
            try AttachRequest(bytes("token=\(secret)\0"))
        } throws: {
            !"\($0)".contains(secret)
        }
    }
}
