import PosternWire
import Testing

@Suite struct ExitTests {
    @Test func exitsComeBack() throws {
        #expect(try Exit(Example.exit.encode()) == Example.exit)
        for code in UInt8.min...UInt8.max {
            let exit = Exit(status: .code(code))
            #expect(try Exit(exit.encode()) == exit)
        }
        for cause in Exit.Cause.allCases {
            var exit = Exit(status: .signal(64))
            exit.cause = cause
            #expect(try Exit(exit.encode()) == exit)
        }
    }

    @Test(
        arguments: [
            ("", .missingField("code")), ("code=256\0", Malformed.bad("code", "256")),
            ("code=-1\0", Malformed.bad("code", "-1")), ("signal=0\0", Malformed.bad("signal", "0")),
            ("signal=65\0", Malformed.bad("signal", "65")), ("code=0\0signal=9\0", .repeatedField("signal")),
            ("code=0\0code=0\0", .repeatedField("code")), ("code=0\0oom=yes\0", Malformed.bad("oom", "yes")),
            ("code=0\0cause=boredom\0", Malformed.bad("cause", "boredom")),
            ("code=0\0stdout=x\0", Malformed.bad("stdout", "x")),
            ("code=0\0mood=1\0", .unknownField(bytes("mood"))),
        ] as [(String, WireError)])
    func malformedExitsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Exit(bytes(payload)) }
    }
}
