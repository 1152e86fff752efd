import PosternWire
import Testing

@Suite struct ErrorReportTests {
    @Test(arguments: ErrorReport.Stage.allCases) func errorsComeBack(_ stage: ErrorReport.Stage) throws {
        let report = ErrorReport(stage: stage, errno: "ENOENT", field: "arg", text: "größer gedacht")
        #expect(try ErrorReport(report.encode()) == report)
        let bare = ErrorReport(stage: stage, text: "")
        #expect(try ErrorReport(bare.encode()) == bare)
    }

    @Test func anErrorOfALaterVersionWithAnUnknownStageIsReadable() throws {
        let report = try ErrorReport(bytes("version=9\0stage=quota\0text=no\0"))
        #expect(report.stage == "quota")
        #expect(ErrorReport.Stage(rawValue: report.stage) == nil)
    }

    @Test func aHostileWorkersTextIsHarmlessOnceRead() throws {
        let escape = "\u{1b}]52;c;x\u{7}"
        let report = try ErrorReport(
            bytes("stage=\(escape)\0errno=\(escape)\0field=\(escape)\0text=\(escape)\0"))
        let notice = try Notice(bytes("about=\(escape)\0text=\(escape)\0"))
        let started = try Started(
            bytes("version=1\0session=\(Example.session.text)\0pid=1\0limit=0\0tty=\(escape)\0"))
        let info = try SessionInfo(
            bytes("session=\(Example.session.text)\0state=away\0tty=\(escape)\0writer=\(escape)\0"))
        for text in [
            report.stage, report.errno, report.field, report.text, notice.about, notice.text, started.tty,
            info.tty, info.writer,
        ] {
            #expect(text == "\\x1b]52;c;x\\x07")
        }
    }

    @Test(
        arguments: [
            ("", .missingField("stage")), ("stage=exec\0", .missingField("text")),
            ("text=no\0", .missingField("stage")), ("stage=exec\0text=a\0text=b\0", .repeatedField("text")),
            ("version=x\0stage=exec\0text=a\0", Malformed.bad("version", "x")),
            ("stage=exec\0text=a\0hint=b\0", .unknownField(bytes("hint"))),
        ] as [(String, WireError)])
    func malformedErrorsAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try ErrorReport(bytes(payload)) }
    }

    @Test func everyErrorSaysWhatIsWrongInOneHarmlessLine() {
        let hostile = bytes("\u{1b}[2J\n")
        let errors: [WireError] = [
            .unknownFrame(0), .unexpectedFrame(.exit), .badLength(.open, 0), .malformedFields,
            .unknownField(hostile), .missingField("arg"), .repeatedField("arg"), .badValue("arg", hostile),
            .windowOverrun,
        ]
        for error in errors {
            #expect(!error.description.isEmpty)
            #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
    }
}

@Suite struct NoticeTests {
    @Test func noticesComeBack() throws {
        let notice = Notice(about: "signal", text: "unknown signal 'FOO'")
        #expect(try Notice(notice.encode()) == notice)
    }

    @Test(
        arguments: [
            ("", .missingField("about")), ("about=signal\0", .missingField("text")),
            ("text=x\0", .missingField("about")), ("about=a\0about=b\0text=c\0", .repeatedField("about")),
            ("about=a\0text=b\0stage=c\0", .unknownField(bytes("stage"))),
        ] as [(String, WireError)])
    func malformedNoticesAreRefused(_ payload: String, _ error: WireError) {
        #expect(throws: error) { try Notice(bytes(payload)) }
    }
}
