import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// How a session comes to its end.
@Suite struct MachineEndTests {
    @Test("EXIT follows the drained output, and BYE closes")
    func goodEnd() {
        var bench = Bench()
        #expect(bench.handle(.childExited) == [])
        #expect(!bench.machine.owesExit)
        #expect(bench.handle(.reaped) == [])
        #expect(bench.machine.owesExit && bench.machine.cause == nil)
        #expect(bench.send(.bye) == [.close(keep: false)])
        #expect(bench.machine.isClosed)
    }

    @Test("a reaped child that has not exited means nothing")
    func reapedEarly() {
        var bench = Bench()
        #expect(bench.handle(.reaped) == [])
        #expect(!bench.machine.childHasExited && !bench.machine.owesExit)
    }

    @Test("HANGUP hangs the session up, kills it after the grace, and EXIT names it")
    func hangup() {
        var bench = Bench()
        #expect(bench.send(.hangup) == [.audit(.hangup), .hangUpSession])
        #expect(bench.machine.deadline == 5 * Bench.second)
        #expect(bench.pass(seconds: 4) == [])
        #expect(bench.pass(seconds: 1) == [.killSession])
        #expect(bench.finish() == [.killSession])
        #expect(bench.machine.owesExit && bench.machine.cause == .hangup)
        #expect(bench.send(.bye) == [.close(keep: false)])
    }

    @Test("what follows a HANGUP is ignored, even what would be an error")
    func afterHangup() {
        var bench = Bench()
        _ = bench.send(.hangup)
        #expect(bench.handle(.stdin(Bench.window * 2)) == [])
        #expect(bench.send(.open) == [])
        #expect(bench.send(.hangup) == [])
    }

    @Test("a lost connection hangs the session up, kills it after the grace, and sends no EXIT")
    func lostConnection() {
        var bench = Bench()
        #expect(bench.handle(.connectionLost) == lost(lingers: false) + [.hangUpSession])
        #expect(bench.handle(.connectionLost) == [])
        #expect(bench.pass(seconds: 5) == [.killSession])
        #expect(bench.handle(.childExited) == [.killSession])
        #expect(bench.handle(.reaped) == [.close(keep: true)])
        #expect(!bench.machine.owesExit && bench.machine.cause == .lost)
    }

    @Test(
        "a stop tells the client which, hangs up, and kills after the grace",
        arguments: [
            (ErrorReport.Stage.stop, "the session's unit was stopped in the guest"),
            (.shutdown, "the guest is shutting down"), (.reboot, "the guest is rebooting"),
        ])
    func terminate(_ stage: ErrorReport.Stage, _ text: String) {
        var bench = Bench()
        let report = ErrorReport(stage: stage, text: text)
        #expect(
            bench.handle(.terminate(stage))
                == [.audit(.stopped(stage)), .send(.error, report.encode()), .hangUpSession])
        #expect(bench.pass(seconds: 5) == [.killSession])
        #expect(bench.finish() == [.killSession])
        #expect(!bench.machine.owesExit)
        #expect(bench.send(.bye) == [.close(keep: true)])
    }

    @Test("a stop after EXIT no longer waits for BYE")
    func terminateLate() {
        var bench = Bench()
        _ = bench.finish()
        #expect(bench.handle(.terminate(.stop)) == [.close(keep: true)])
    }

    @Test("the time limit hangs up, then kills, and EXIT names it")
    func timeout() {
        var bench = Bench(timeout: 10)
        #expect(bench.machine.deadline == 10 * Bench.second)
        #expect(bench.pass(seconds: 9) == [])
        #expect(bench.pass(seconds: 1) == [.audit(.limit(.timeout)), .hangUpSession])
        #expect(bench.pass(seconds: 4) == [])
        #expect(bench.pass(seconds: 1) == [.killSession])
        #expect(bench.finish() == [.killSession])
        #expect(bench.machine.owesExit && bench.machine.cause == .timeout)
    }

    @Test("a child that ends within the grace takes the rest of its session along")
    func endsInGrace() {
        var bench = Bench(timeout: 1)
        _ = bench.pass(seconds: 1)
        #expect(bench.handle(.childExited) == [.killSession])
    }

    @Test("the idle limit counts from the last byte either way")
    func idle() {
        var bench = Bench(idle: 10)
        bench.now = 9 * Bench.second
        _ = bench.handle(.outputRead(1))
        #expect(bench.pass(seconds: 9) == [])
        _ = bench.handle(.stdin(1))
        #expect(bench.pass(seconds: 9) == [])
        #expect(bench.pass(seconds: 1) == [.audit(.limit(.idle)), .hangUpSession])
        #expect(bench.finish() == [.killSession])
        #expect(bench.machine.owesExit && bench.machine.cause == .idle)
    }

    @Test("control frames do not keep an idle session alive")
    func pingsAreIdle() {
        var bench = Bench(idle: 10)
        bench.now = 9 * Bench.second
        _ = bench.send(.ping)
        #expect(bench.pass(seconds: 1) == [.audit(.limit(.idle)), .hangUpSession])
    }

    @Test("a cause that the worker had before stays when the client hangs up")
    func causeStays() {
        var bench = Bench(timeout: 1)
        _ = bench.pass(seconds: 1)
        _ = bench.send(.hangup)
        #expect(bench.machine.cause == .timeout)
    }

    @Test("after EXIT a silent client is asked every 15 s and given up after 45 s")
    func heartbeat() {
        var bench = Bench()
        _ = bench.finish()
        #expect(bench.machine.deadline == 15 * Bench.second)
        #expect(bench.pass(seconds: 15) == [.send(.ping, [])])
        #expect(bench.pass(seconds: 15) == [.send(.ping, [])])
        #expect(bench.pass(seconds: 15) == lost(lingers: false) + [.close(keep: true)])
    }

    @Test("after EXIT a client that answers may take as long as it likes")
    func heartbeatAnswered() {
        var bench = Bench()
        _ = bench.finish()
        for _ in 0..<100 {
            #expect(bench.pass(seconds: 15) == [.send(.ping, [])])
            #expect(bench.send(.pong) == [])
        }
        #expect(!bench.machine.isClosed)
    }

    @Test("a connection lost after EXIT closes without another hangup")
    func lostAfterExit() {
        var bench = Bench()
        _ = bench.finish()
        #expect(bench.handle(.connectionLost) == lost(lingers: false) + [.close(keep: true)])
    }

    @Test("a client that never takes its farewell is not waited for")
    func farewell() {
        var bench = Bench()
        _ = bench.send(.hangup)
        _ = bench.finish()
        #expect(bench.pass(seconds: 1) == [])
        #expect(bench.pass(seconds: 1) == [.disconnect, .close(keep: false)])
    }

    @Test("a hangup after a time limit still gets its EXIT, with the first cause")
    func hangupAfterLimit() {
        var bench = Bench(timeout: 1)
        _ = bench.pass(seconds: 1)
        _ = bench.send(.hangup)
        #expect(bench.finish() == [.killSession])
        #expect(bench.machine.owesExit && bench.machine.cause == .timeout)
    }

    @Test("nothing is signalled once the child is reaped")
    func nothingAfterReaping() {
        for frame in [FrameKind.hangup, .stdin, .open] {
            var bench = Bench()
            _ = bench.finish()
            let actions = frame == .stdin ? bench.handle(.stdin(1)) : bench.send(frame)
            #expect(!actions.contains(.killSession) && !actions.contains(.hangUpSession))
            #expect(!bench.pass(seconds: 6).contains(.killSession))
        }
    }

    @Test("a client that does not answer while output waits for it is lost")
    func silenceWhileDraining() {
        var bench = Bench()
        _ = bench.handle(.childExited)
        #expect(bench.pass(seconds: 15) == [.send(.ping, [])])
        _ = bench.pass(seconds: 29)
        #expect(bench.pass(seconds: 1) == lost(lingers: false) + [.killSession])
    }
}
