import PosternWire
import Testing

@Suite struct TerminalSizeTests {
    @Test func sizesComeBack() throws {
        for size in [
            TerminalSize(rows: 24, columns: 80), TerminalSize(rows: 0, columns: 0),
            TerminalSize(rows: 65535, columns: 65535, pixelWidth: 65535, pixelHeight: 1),
        ] {
            #expect(try TerminalSize(size.encode()) == size)
        }
    }

    @Test(
        arguments: [
            ("", .missingField("rows")), ("rows=1\0", .missingField("columns")),
            ("columns=1\0", .missingField("rows")), ("rows=1\0rows=1\0columns=1\0", .repeatedField("rows")),
            ("rows=65536\0columns=1\0", Malformed.bad("rows", "65536")),
            ("rows=1\0columns=\0", Malformed.bad("columns", "")),
            ("rows=1\0columns=1\0depth=8\0", .unknownField(bytes("depth"))), ("rows", .malformedFields),
        ] as [(String, WireError)])
    func malformedSizesAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try TerminalSize(bytes(payload)) }
    }
}

@Suite struct SignalRequestTests {
    @Test(arguments: SignalRequest.Scope.allCases) func signalsComeBack(_ scope: SignalRequest.Scope) throws {
        for name in ["TERM", "SIGTERM", "15", "RTMIN+3", "nonsense"] {
            let request = SignalRequest(signal: bytes(name), scope: scope)
            #expect(try SignalRequest(request.encode()) == request)
        }
    }

    @Test func aSignalIsForTheGroupUnlessSaid() throws {
        #expect(try SignalRequest(bytes("signal=INT\0")).scope == .group)
    }

    @Test(
        arguments: [
            ("", .missingField("signal")), ("scope=all\0", .missingField("signal")),
            ("signal=\0", Malformed.bad("signal", "")), ("signal=INT\0scope=\0", Malformed.bad("scope", "")),
            ("signal=INT\0scope=ALL\0", Malformed.bad("scope", "ALL")),
            ("signal=INT\0signal=INT\0", .repeatedField("signal")),
            ("signal=INT\0scope=all\0scope=all\0", .repeatedField("scope")),
            ("signal=INT\0pid=1\0", .unknownField(bytes("pid"))), ("signal=INT", .malformedFields),
        ] as [(String, WireError)])
    func malformedSignalsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try SignalRequest(bytes(payload)) }
    }
}

@Suite struct WindowUpdateTests {
    @Test func windowsComeBack() throws {
        for window in [
            WindowUpdate(consumed: 0, limit: 0), WindowUpdate(consumed: 1, limit: .max),
            WindowUpdate(consumed: .max, limit: .max),
        ] {
            #expect(try WindowUpdate(window.encode()) == window)
        }
    }

    @Test(
        arguments: [
            ("", .missingField("consumed")), ("consumed=1\0", .missingField("limit")),
            ("limit=1\0", .missingField("consumed")), ("consumed=2\0limit=1\0", Malformed.bad("limit", "1")),
            ("consumed=-1\0limit=1\0", Malformed.bad("consumed", "-1")),
            ("consumed=1\0consumed=1\0limit=1\0", .repeatedField("consumed")),
            ("consumed=1\0limit=18446744073709551616\0", Malformed.bad("limit", "18446744073709551616")),
            ("consumed=1\0limit=1\0offset=1\0", .unknownField(bytes("offset"))),
        ] as [(String, WireError)])
    func malformedWindowsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try WindowUpdate(bytes(payload)) }
    }
}
