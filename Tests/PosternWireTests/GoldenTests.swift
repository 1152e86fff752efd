import PosternWire
import Testing

@Suite struct GoldenTests {
    @Test(arguments: try GoldenFiles.vectors()) func aVectorMeansWhatItsHeadSays(_ vector: GoldenFiles.Vector)
        throws
    {
        let decoded = Decoded([vector.bytes], from: vector.sender)
        if let error = decoded.error {
            #expect(error.word == vector.verdict)
            return
        }
        #expect(decoded.isBetweenFrames, "the frame is not whole")
        let (kind, payload) =
            switch try #require(decoded.items.first) {
            case .data(let kind, let bytes), .control(let kind, let bytes): (kind, bytes)
            }
        #expect(decoded.items.count == 1)
        do throws(WireError) {
            let message = try Message(kind, payload)
            #expect(["exact", "accept"].contains(vector.verdict))
            if vector.verdict == "exact" { #expect(message.frame == vector.bytes) }
            #expect(try Message(kind, Array(message.frame.dropFirst(Limits.header))) == message)
        } catch {
            #expect(error.word == vector.verdict)
            #expect(error.field == vector.field)
        }
    }

    /// The vectors against values written by hand, so that decoder and encoder cannot be wrong together.
    @Test func vectorsHoldTheValuesTheyWereMadeFrom() throws {
        let vectors = Dictionary(uniqueKeysWithValues: try GoldenFiles.vectors().map { ($0.name, $0.bytes) })
        let expected: [(String, Message)] = [
            ("open-for-a-shell", .open(Example.open)),
            ("open-with-everything", .open(Example.fullOpen)),
            (
                "resize-with-pixels",
                .resize(TerminalSize(rows: 50, columns: 132, pixelWidth: 1320, pixelHeight: 1000))
            ),
            ("signal-to-all-by-number", .signal(SignalRequest(signal: bytes("9"), scope: .all))),
            ("window-from-the-worker", .window(WindowUpdate(consumed: 0, limit: .max))),
            ("attach-with-everything", .attach(Example.attach)),
            ("attach-a-mirror-by-name", .attach(Example.mirror)),
            ("list-of-one", .list(ListRequest(session: bytes("build")))),
            (
                "order-a-signal",
                .order(
                    OrderRequest(
                        session: bytes(Example.session.text),
                        deed: .signal(SignalRequest(signal: bytes("TERM")))))
            ),
            ("order-a-wait", .order(OrderRequest(session: bytes("0123"), deed: .wait))),
            ("session-of-no-fields-ends-a-list", .session(nil)),
            ("session-that-is-attached", .session(Example.attached)),
            ("session-that-ended-with-everything", .session(Example.ended)),
            ("gap", .gap(Gap(offset: 262_144))),
            ("started-on-a-terminal", .started(Example.started)),
            ("started-again-with-everything", .started(Example.startedAgain)),
            ("exit-by-a-signal-with-everything", .exit(Example.exit)),
            (
                "error",
                .error(
                    ErrorReport(
                        stage: .exec, errno: "ENOENT", field: "arg",
                        text: "command 'nosuch' not found in the session's PATH"))
            ),
            ("notice", .notice(Notice(about: "signal", text: "unknown signal 'FOO': nothing was sent"))),
        ]
        for (name, message) in expected {
            #expect(try #require(vectors[name]) == message.frame, "\(name)")
        }
    }

    @Test func everyFrameAndEveryRefusalHasAVector() throws {
        let vectors = try GoldenFiles.vectors()
        for kind in FrameKind.allCases {
            let own = vectors.filter { $0.bytes.first == kind.rawValue }
            #expect(own.contains { $0.verdict == "exact" }, "\(kind)")
            #expect(
                kind.comes(from: .client) && kind.comes(from: .worker)
                    || own.contains { $0.verdict == "unexpected-frame" }, "\(kind)")
            #expect(own.contains { $0.verdict == "bad-length" }, "\(kind)")
        }
        for cause in Exit.Cause.allCases {
            let end = Array("cause=\(cause.rawValue)\0".utf8)
            #expect(vectors.contains { $0.verdict == "exact" && $0.bytes.contains(end) }, "\(cause)")
        }
        for word in [
            "unknown-frame", "unexpected-frame", "bad-length", "malformed-fields", "unknown-field",
            "missing-field", "repeated-field", "bad-value",
        ] {
            #expect(vectors.contains { $0.verdict == word }, "\(word)")
        }
        #expect(Set(vectors.map(\.name)).count == vectors.count, "a name is used twice")
    }
}
