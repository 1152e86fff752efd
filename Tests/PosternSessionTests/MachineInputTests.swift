import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// What the client may send, and what it gets for it.
@Suite struct MachineInputTests {
    @Test("stdin up to the window's last byte is taken")
    func fullWindow() {
        var bench = Bench()
        #expect(bench.handle(.stdin(Bench.window)) == [])
        #expect(bench.machine.acceptsInput)
    }

    @Test("one byte of stdin beyond the window ends the session")
    func overrun() {
        var bench = Bench()
        #expect(bench.handle(.stdin(Bench.window + 1)) == protocolError(.windowOverrun))
        #expect(!bench.machine.acceptsInput)
    }

    @Test("consumed stdin moves the window once it is worth a frame")
    func growth() {
        var bench = Bench()
        _ = bench.handle(.stdin(600))
        #expect(bench.handle(.stdinConsumed(100)) == [])
        let window = WindowUpdate(consumed: 300, limit: 1300)
        #expect(bench.handle(.stdinConsumed(200)) == [.send(.window, window.encode())])
        #expect(bench.handle(.stdin(700)) == [])
        #expect(bench.handle(.stdin(1)) == protocolError(.windowOverrun))
    }

    @Test("stdin after its end is a protocol error")
    func stdinAfterEnd() {
        var bench = Bench()
        #expect(bench.send(.stdinEOF) == [.endStdin])
        #expect(bench.handle(.stdin(1)) == protocolError(.unexpectedFrame(.stdin)))
    }

    @Test("a second end of stdin is a no-op")
    func secondEnd() {
        var bench = Bench()
        _ = bench.send(.stdinEOF)
        #expect(bench.send(.stdinEOF) == [])
    }

    @Test("stdin in a session without stdin is a protocol error")
    func withoutStdin() {
        var bench = Bench(stdin: false)
        #expect(!bench.machine.acceptsInput)
        #expect(bench.handle(.stdin(1)) == protocolError(.unexpectedFrame(.stdin)))
    }

    @Test("a resize is passed on while the child lives, and a no-op after")
    func resize() {
        var bench = Bench()
        let size = TerminalSize(rows: 50, columns: 132)
        #expect(bench.send(.resize, size.encode()) == [.resize(size)])
        _ = bench.handle(.childExited)
        #expect(bench.send(.resize, size.encode()) == [])
    }

    @Test("a signal goes to the scope it names", arguments: SignalRequest.Scope.allCases)
    func signal(_ scope: SignalRequest.Scope) {
        var bench = Bench()
        let request = SignalRequest(signal: bytes("TERM"), scope: scope)
        #expect(
            bench.send(.signal, request.encode())
                == [.signal(.term, scope), .audit(.signal(.term, scope))])
    }

    @Test("a signal after the child's end is a no-op")
    func lateSignal() {
        var bench = Bench()
        _ = bench.handle(.childExited)
        #expect(bench.send(.signal, SignalRequest(signal: bytes("KILL")).encode()) == [])
    }

    @Test("an unknown signal is answered by a notice, escaped, and harms nothing")
    func unknownSignal() {
        var bench = Bench()
        let notice = Notice(about: "signal", text: "unknown signal 'NO\\x1b': nothing was sent")
        #expect(
            bench.send(.signal, SignalRequest(signal: bytes("NO\u{1b}")).encode())
                == [.send(.notice, notice.encode())])
        #expect(bench.machine.acceptsInput)
    }

    @Test("a detach that the unit forbids is answered by a notice")
    func detach() {
        var bench = Bench(mayDetach: false)
        guard case .send(.notice, let payload)? = bench.send(.detach).first else {
            Issue.record("no notice")
            return
        }
        #expect((try? Notice(payload))?.about == "detach")
    }

    @Test("a ping is answered with its own bytes, an unasked pong by nothing")
    func ping() {
        var bench = Bench()
        #expect(bench.send(.ping, [0, 255, 10]) == [.send(.pong, [0, 255, 10])])
        #expect(bench.send(.pong, [1]) == [])
    }

    @Test("the output window opens with what the client says")
    func outputWindow() {
        var bench = Bench()
        #expect(bench.machine.outputLimit == 100)
        _ = bench.handle(.outputRead(80))
        _ = bench.handle(.outputSent(80))
        #expect(bench.machine.outputLimit == 100)
        #expect(bench.send(.window, WindowUpdate(consumed: 50, limit: 150).encode()) == [])
        #expect(bench.machine.outputLimit == 150)
    }

    @Test(
        "a window that goes back, or claims more than was sent, is a protocol error",
        arguments: [(81, 200), (49, 200), (50, 149)] as [(UInt64, UInt64)])
    func badWindow(_ consumed: UInt64, _ limit: UInt64) {
        var bench = Bench()
        _ = bench.handle(.outputRead(90))
        _ = bench.handle(.outputSent(80))
        _ = bench.send(.window, WindowUpdate(consumed: 50, limit: 150).encode())
        let actions = bench.send(.window, WindowUpdate(consumed: consumed, limit: limit).encode())
        let wrong = limit < 150 ? ("limit", limit) : ("consumed", consumed)
        #expect(actions == protocolError(.badValue(wrong.0, bytes(String(wrong.1)))))
    }

    @Test(
        "frames that have no place in a session are protocol errors",
        arguments: [FrameKind.open, .attach, .list, .bye, .started, .exit, .error, .notice, .session, .gap])
    func misplaced(_ kind: FrameKind) {
        var bench = Bench()
        #expect(bench.send(kind) == protocolError(.unexpectedFrame(kind)))
    }

    @Test("a second protocol error is as good as a lost connection, and hangs up only once")
    func twiceMalformed() {
        var bench = Bench()
        #expect(bench.handle(.malformed(.unknownFrame(0x99))) == protocolError(.unknownFrame(0x99)))
        #expect(bench.handle(.malformed(.unknownFrame(0x98))) == [.disconnect])
        #expect(!bench.machine.isListening)
    }

    @Test("a field nobody knows ends the session and is named")
    func unknownField() {
        var bench = Bench()
        #expect(
            bench.send(.resize, bytes("rows=1\0columns=1\0depth=3\0"))
                == protocolError(.unknownField(bytes("depth"))))
    }
}
