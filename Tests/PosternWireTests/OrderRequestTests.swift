import PosternWire
import Testing

@Suite struct ListRequestTests {
    @Test func requestsComeBack() throws {
        for request in [ListRequest(), ListRequest(session: bytes("build")), ListRequest(session: [0xFF])] {
            #expect(try ListRequest(request.encode()) == request)
        }
    }

    @Test(
        arguments: [
            ("", .missingField("version")), ("session=build\0", .missingField("version")),
            ("version=2\0", Malformed.bad("version", "2")),
            ("version=1\0session=\0", Malformed.bad("session", "")),
            ("version=1\0version=1\0", .repeatedField("version")),
            ("version=1\0session=a\0session=a\0", .repeatedField("session")),
            ("version=1\0all=1\0", .unknownField(bytes("all"))), ("version=1", .malformedFields),
        ] as [(String, WireError)])
    func malformedListsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try ListRequest(bytes(payload)) }
    }

    @Test func aNameHasAtMost64Bytes() throws {
        let longest = String(repeating: "n", count: 64)
        #expect(try ListRequest(bytes("version=1\0session=\(longest)\0")).session == bytes(longest))
        #expect(throws: Malformed.bad("session", longest + "n")) {
            try ListRequest(bytes("version=1\0session=\(longest)n\0"))
        }
    }
}

@Suite struct OrderRequestTests {
    private static let order = "version=1\0session=build\0"

    @Test func requestsComeBack() throws {
        let signals = SignalRequest.Scope.allCases.map { scope in
            OrderRequest.Deed.signal(SignalRequest(signal: bytes("RTMIN+3"), scope: scope))
        }
        for deed in signals + [.wait, .remove] {
            var request = OrderRequest(session: bytes("build"), deed: deed)
            #expect(try OrderRequest(request.encode()) == request)
            request.claimedOperator = bytes("bob@host")
            #expect(try OrderRequest(request.encode()) == request)
        }
    }

    @Test func aSignalIsForTheGroupUnlessSaid() throws {
        let read = try OrderRequest(bytes(Self.order + "do=signal\0signal=INT\0"))
        #expect(read.deed == .signal(SignalRequest(signal: bytes("INT"), scope: .group)))
    }

    @Test(
        arguments: [
            ("", .missingField("version")), ("version=1\0", .missingField("session")),
            (order, .missingField("do")), ("version=2\0", Malformed.bad("version", "2")),
            ("version=1\0session=\0", Malformed.bad("session", "")),
            (order + "do=\0", Malformed.bad("do", "")), (order + "do=Wait\0", Malformed.bad("do", "Wait")),
            (order + "do=reboot\0signal=TERM\0", Malformed.bad("do", "reboot")),
            (order + "do=signal\0", .missingField("signal")),
            (order + "do=signal\0scope=all\0", .missingField("signal")),
            (order + "do=signal\0signal=\0", Malformed.bad("signal", "")),
            (order + "do=signal\0signal=INT\0scope=ALL\0", Malformed.bad("scope", "ALL")),
            (order + "do=wait\0signal=INT\0", Malformed.bad("signal", "INT")),
            (order + "do=wait\0scope=group\0", Malformed.bad("scope", "group")),
            (order + "do=remove\0signal=INT\0scope=all\0", Malformed.bad("signal", "INT")),
            (order + "do=remove\0scope=all\0", Malformed.bad("scope", "all")),
            (order + "do=wait\0operator=\0", Malformed.bad("operator", "")),
            (order + "session=build\0", .repeatedField("session")),
            (order + "do=wait\0do=wait\0", .repeatedField("do")),
            (order + "signal=1\0signal=1\0", .repeatedField("signal")),
            (order + "scope=all\0scope=all\0", .repeatedField("scope")),
            (order + "operator=a\0operator=a\0", .repeatedField("operator")),
            (order + "token=1\0", .unknownField(bytes("token"))), (order + "do=wait", .malformedFields),
        ] as [(String, WireError)])
    func malformedOrdersAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try OrderRequest(bytes(payload)) }
    }
}
