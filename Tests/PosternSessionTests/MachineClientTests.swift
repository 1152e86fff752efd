import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// A writer that is lost, comes back, detaches, or leaves for good: what it leaves behind.
@Suite struct MachineClientTests {
    // MARK: - Lingering

    @Test("a lingering session waits for its lost client, and says from where")
    func lingers() {
        var bench = Bench(linger: 30)
        bench.output(read: 80, sent: 60, consumed: 40)
        _ = bench.handle(.stdin(7))
        bench.now = 3 * Bench.second
        #expect(bench.handle(.connectionLost) == lost(lingers: true, output: 40, input: 7))
        #expect(bench.machine.client == .away(until: 33 * Bench.second))
        #expect(bench.machine.deadline == 33 * Bench.second)
        #expect(!bench.machine.acceptsInput && !bench.machine.isListening && bench.machine.outputLimit == 0)
        #expect(bench.pass(seconds: 29) == [])
        #expect(bench.machine.cause == nil)
    }

    @Test("who comes back goes on where it says, with a window and a heartbeat of its own")
    func comesBack() {
        var bench = Bench(linger: 30)
        bench.output(read: 80, sent: 60, consumed: 40)
        _ = bench.handle(.connectionLost)
        bench.now = 20 * Bench.second
        #expect(bench.handle(.attached(offset: 50, window: 200)) == [])
        #expect(bench.machine.client == .present && bench.machine.acceptsInput)
        #expect(bench.machine.outputLimit == 250 && bench.machine.floor == 50)
        #expect(bench.machine.deadline == 35 * Bench.second)
        #expect(bench.pass(seconds: 10) == [])
        let beyond = WindowUpdate(consumed: 51, limit: 250)
        #expect(bench.send(.window, beyond.encode()) == protocolError(.badValue("consumed", bytes("51"))))
    }

    @Test("a session whose client stays away is hung up, killed, and kept with its cause")
    func expires() {
        var bench = Bench(linger: 30)
        _ = bench.handle(.connectionLost)
        #expect(bench.pass(seconds: 30) == [.audit(.expired), .hangUpSession])
        #expect(bench.machine.client == .gone)
        #expect(bench.pass(seconds: 5) == [.killSession])
        #expect(bench.finish() == [.killSession, .close(keep: true)])
        #expect(bench.machine.cause == .lost)
    }

    @Test("a client that comes back is lost again like the first")
    func lostTwice() {
        var bench = Bench(linger: 30)
        _ = bench.handle(.connectionLost)
        _ = bench.pass(seconds: 10)
        _ = bench.handle(.attached(offset: 0, window: 100))
        #expect(bench.handle(.connectionLost) == lost(lingers: true))
        #expect(bench.machine.client == .away(until: 40 * Bench.second))
    }

    @Test("an exit while the client is away ends the session, and is kept for it")
    func exitWhileAway() {
        var bench = Bench(linger: 30)
        _ = bench.handle(.connectionLost)
        #expect(bench.handle(.childExited) == [])
        #expect(bench.handle(.reaped) == [.close(keep: true)])
        #expect(bench.machine.cause == nil)
    }

    @Test("output that waits for a client that is away keeps what is left to drain until the linger is over")
    func awayWhileDraining() {
        var bench = Bench(linger: 30)
        bench.output(read: 100, sent: 60, consumed: 40)
        _ = bench.handle(.connectionLost)
        _ = bench.handle(.childExited)
        #expect(bench.machine.floor == 40)
        #expect(bench.pass(seconds: 29) == [])
        #expect(bench.machine.floor == 40)
        #expect(bench.pass(seconds: 1) == [.audit(.expired), .killSession])
        #expect(bench.machine.floor == nil)
        #expect(bench.handle(.reaped) == [.close(keep: true)])
    }

    @Test("a session that is ending already waits for nobody")
    func lostWhileEnding() {
        var bench = Bench(timeout: 1, linger: 30)
        _ = bench.pass(seconds: 1)
        #expect(bench.handle(.connectionLost) == lost(lingers: false))
        #expect(bench.machine.client == .gone && bench.machine.cause == .timeout)
        #expect(bench.finish() == [.killSession, .close(keep: true)])
    }

    @Test("a stop, or a wish to be rid of the session, does not wait for a client that is away")
    func endedWhileAway() {
        for (event, keeps) in [(SessionMachine.Event.terminate(.stop), true), (.removed, false)] {
            var bench = Bench(linger: 3600)
            bench.output(read: 100, sent: 60, consumed: 40)
            _ = bench.handle(.connectionLost)
            #expect(bench.handle(event).last == .hangUpSession)
            #expect(bench.machine.floor == nil)
            #expect(bench.pass(seconds: 5) == [.killSession])
            #expect(bench.finish() == [.killSession, .close(keep: keeps)])
        }
    }

    // MARK: - What is kept

    @Test("the result is kept unless the client took it or gave it up")
    func keeps() {
        let ends: [(String, keep: Bool, (inout Bench) -> [Action])] = [
            ("BYE after EXIT", false, { bench in bench.finish() + bench.send(.bye) }),
            ("lost after EXIT", true, { bench in bench.finish() + bench.handle(.connectionLost) }),
            ("lost before EXIT", true, { bench in bench.handle(.connectionLost) + bench.finish() }),
            ("HANGUP and BYE", false, { bench in bench.send(.hangup) + bench.finish() + bench.send(.bye) }),
            (
                "HANGUP and lost", false,
                { bench in bench.send(.hangup) + bench.handle(.connectionLost) + bench.finish() }
            ),
            (
                "HANGUP after EXIT", false,
                { bench in bench.finish() + bench.send(.hangup) + bench.send(.bye) }
            ),
            ("DETACH after EXIT", true, { bench in bench.finish() + bench.send(.detach) }),
            ("stopped after EXIT", true, { bench in bench.finish() + bench.handle(.terminate(.stop)) }),
            (
                "BYE after ERROR, the child dead", true,
                { bench in bench.handle(.terminate(.stop)) + bench.finish() + bench.send(.bye) }
            ),
            (
                "BYE after ERROR, the child alive", true,
                { bench in bench.handle(.terminate(.stop)) + bench.send(.bye) + bench.finish() }
            ),
            (
                "removed", false,
                { bench in bench.handle(.removed) + bench.finish() + bench.handle(.connectionLost) }
            ),
        ]
        for linger in [nil, 30] as [UInt64?] {
            for (name, keep, end) in ends {
                var bench = Bench(linger: linger)
                #expect(end(&bench).last == .close(keep: keep), "\(name), linger \(linger ?? 0)")
                #expect(bench.machine.isClosed)
            }
        }
    }

    @Test("a removed session is hung up, killed, and its client told the cause")
    func removed() {
        var bench = Bench()
        #expect(bench.handle(.removed) == [.hangUpSession])
        #expect(bench.handle(.removed) == [])
        #expect(bench.pass(seconds: 5) == [.killSession])
        #expect(bench.finish() == [.killSession])
        #expect(bench.machine.owesExit && bench.machine.cause == .removed)
    }

    // MARK: - Detaching

    @Test("a detached session runs on for ever, and is kept when it ends")
    func detach() {
        var bench = Bench()
        bench.output(read: 80, sent: 60, consumed: 40)
        _ = bench.handle(.stdin(7))
        #expect(bench.send(.detach) == [.audit(.detached(output: 40, input: 7)), .detach])
        #expect(bench.machine.client == .detached && !bench.machine.isListening)
        #expect(bench.machine.deadline == nil)
        #expect(bench.pass(seconds: 1_000_000) == [])
        #expect(bench.finish() == [.close(keep: true)])
    }

    @Test("a detach that the unit forbids leaves the session as it is")
    func detachRefused() {
        var bench = Bench(mayDetach: false)
        guard case .send(.notice, _)? = bench.send(.detach).first else {
            Issue.record("no notice")
            return
        }
        #expect(bench.machine.client == .present && bench.machine.acceptsInput)
        #expect(bench.handle(.connectionLost) == lost(lingers: false) + [.hangUpSession])
    }

    @Test("a session that was ever detached is so again when its connection is lost")
    func persistent() {
        var bench = Bench(linger: 30)
        _ = bench.send(.detach)
        _ = bench.handle(.attached(offset: 0, window: 100))
        #expect(bench.handle(.connectionLost) == lost(lingers: true))
        #expect(bench.machine.client == .detached)
        #expect(bench.pass(seconds: 1000) == [])
    }

    @Test("a session may start detached, and whoever attaches writes")
    func startsDetached() {
        var bench = Bench(detach: true)
        #expect(bench.machine.client == .detached && bench.machine.floor == nil)
        #expect(!bench.machine.acceptsInput && bench.machine.outputLimit == 0)
        #expect(bench.handle(.attached(offset: 10, window: 20)) == [])
        #expect(bench.machine.acceptsInput && bench.machine.outputLimit == 30)
        #expect(bench.handle(.connectionLost) == lost(lingers: true, output: 10))
        #expect(bench.machine.client == .detached)
    }

    @Test("a stop ends a detached session, and what it was is kept")
    func stopDetached() {
        var bench = Bench(detach: true)
        #expect(bench.handle(.terminate(.stop)) == [.audit(.stopped(.stop)), .hangUpSession])
        #expect(bench.finish() == [.killSession, .close(keep: true)])
        #expect(bench.machine.cause == .stop)
    }

    // MARK: - The floor

    @Test("output is held as long as somebody may want it again")
    func floor() {
        let clients: [(String, Bench, UInt64?, (inout Bench) -> [Action])] = [
            ("plain: what was sent is out of our hands", Bench(), 60, { _ in [] }),
            ("lingering", Bench(linger: 30), 40, { _ in [] }),
            ("away", Bench(linger: 30), 40, { bench in bench.handle(.connectionLost) }),
            ("detached", Bench(linger: 30), nil, { bench in bench.send(.detach) }),
            ("dismissed", Bench(linger: 30), nil, { bench in bench.send(.hangup) }),
            ("gone", Bench(), nil, { bench in bench.handle(.connectionLost) }),
            (
                "back, having been detached", Bench(), 50,
                { bench in bench.send(.detach) + bench.handle(.attached(offset: 50, window: 100)) }
            ),
        ]
        for (name, bench, floor, change) in clients {
            var bench = bench
            bench.output(read: 80, sent: 60, consumed: 40)
            _ = change(&bench)
            #expect(bench.machine.floor == floor, "\(name)")
        }
    }
}
