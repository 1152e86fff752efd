import PosternWire
import Testing

@testable import PosternSession

/// Who may write, and who no longer may.
@Suite struct WriterSeatTests {
    static let first = SessionID.random()
    static let other = SessionID.random()

    static func claim(_ token: SessionID, _ connection: UInt64 = 1, takeOver: Bool = false) -> AttachRequest {
        var claim = AttachRequest(session: bytes("s"), token: token, window: 100)
        claim.connection = connection
        claim.takeOver = takeOver
        return claim
    }

    /// A seat taken by an OPEN with `first`, over its connection 3.
    static func seat() -> WriterSeat {
        var request = OpenRequest(session: .random(), token: first, limit: 100)
        request.connection = 3
        return WriterSeat(request)
    }

    @Test(
        "a claim is judged by its token, its connection, and who holds the session",
        arguments: [
            ("the writer, over a later connection", claim(first, 4), nil, .resumes),
            ("the writer, while its old connection seems to live", claim(first, 4), "ann", .resumes),
            ("the writer, with a needless take-over", claim(first, 9, takeOver: true), "ann", .resumes),
            ("another, where nobody is", claim(other), nil, .attaches),
            ("another, with a needless take-over", claim(other, takeOver: true), nil, .attaches),
            ("another, who takes it over", claim(other, takeOver: true), "ann", .takesOver),
        ] as [(String, AttachRequest, String?, WriterSeat.Claim)])
    func admitted(_ name: String, _ claim: AttachRequest, _ holder: String?, _ expected: WriterSeat.Claim)
        throws
    {
        #expect(try Self.seat().judge(claim, holder: holder) == expected)
    }

    @Test(
        "a claim that has no place is refused, and the field says why",
        arguments: [
            ("no later connection", claim(first, 3), nil, "session", "connection"),
            ("an older connection", claim(first, 2, takeOver: true), "ann", "session", "connection"),
            ("another, while it is held", claim(other, 99), "ann", "session", "take-over"),
            ("no token", AttachRequest(session: bytes("s"), token: nil, window: 0), nil, "open", "token"),
        ] as [(String, AttachRequest, String?, String, String)])
    func refused(_ name: String, _ claim: AttachRequest, _ holder: String?, _ stage: String, _ field: String)
    {
        let error = refusal { () throws(ErrorReport) in try Self.seat().judge(claim, holder: holder) }
        #expect(error?.stage == stage && error?.field == field)
    }

    @Test("a refusal names the holder")
    func holder() {
        let error = refusal { () throws(ErrorReport) in
            try Self.seat().judge(Self.claim(Self.other), holder: "ann (vsock:2:1023)")
        }
        #expect(error?.text.contains("ann (vsock:2:1023)") == true)
    }

    @Test("judging changes nothing")
    func judging() throws {
        let seat = Self.seat()
        for _ in 0..<2 {
            #expect(try seat.judge(Self.claim(Self.other, takeOver: true), holder: "ann") == .takesOver)
            #expect(try seat.judge(Self.claim(Self.first, 4), holder: nil) == .resumes)
        }
    }

    @Test("whoever is seated counts its own connections")
    func counting() throws {
        var seat = Self.seat()
        seat.seat(Self.claim(Self.first, 7))
        #expect(
            refusal { () throws(ErrorReport) in try seat.judge(Self.claim(Self.first, 7), holder: nil) }
                != nil)
        #expect(try seat.judge(Self.claim(Self.first, 8), holder: nil) == .resumes)
        seat.seat(Self.claim(Self.other, 2))
        #expect(try seat.judge(Self.claim(Self.other, 3), holder: nil) == .resumes)
    }

    @Test("a token that was replaced is void, whatever it says", arguments: [nil, "bob"] as [String?])
    func voided(_ holder: String?) {
        var seat = Self.seat()
        seat.seat(Self.claim(Self.other, takeOver: true))
        for claim in [Self.claim(Self.first, 99), Self.claim(Self.first, 99, takeOver: true)] {
            let error = refusal { () throws(ErrorReport) in try seat.judge(claim, holder: holder) }
            #expect(error?.stage == "taken-over" && error?.field == "token")
        }
    }

    @Test("the last sixteen void tokens are remembered")
    func remembered() {
        var seat = Self.seat()
        let tokens = (0..<16).map { _ in SessionID.random() }
        for token in tokens { seat.seat(Self.claim(token)) }
        for token in [Self.first] + tokens.dropLast() {
            let error = refusal { () throws(ErrorReport) in try seat.judge(Self.claim(token, 9), holder: nil)
            }
            #expect(error?.stage == "taken-over")
        }
    }

    @Test("an OPEN that comes again claims the session from its beginning")
    func repeated() throws {
        var request = OpenRequest(session: .random(), token: Self.first, limit: 500)
        request.connection = 4
        request.claimedOperator = bytes("ann")
        let claim = AttachRequest(repeating: request)
        #expect(claim.offset == 0 && claim.window == 500 && claim.claimedOperator == bytes("ann"))
        #expect(!claim.readOnly && !claim.takeOver)
        #expect(try Self.seat().judge(claim, holder: "ann") == .resumes)
    }
}
