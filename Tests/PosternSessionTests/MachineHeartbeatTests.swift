import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// Whether a client still lives, where only asking can tell.
@Suite struct MachineHeartbeatTests {
    @Test(
        "a running session that outlives its connection asks every 15 s, and takes 45 s of silence for a loss"
    )
    func heartbeat() {
        var bench = Bench(linger: 30)
        #expect(bench.machine.deadline == 15 * Bench.second)
        #expect(bench.pass(seconds: 15) == [.send(.ping, [])])
        #expect(bench.machine.deadline == 30 * Bench.second)
        #expect(bench.pass(seconds: 15) == [.send(.ping, [])])
        #expect(bench.pass(seconds: 15) == lost(lingers: true))
        #expect(bench.machine.client == .away(until: 75 * Bench.second))
    }

    @Test("a word from the client puts the question off")
    func heard() {
        var bench = Bench(linger: 30)
        bench.now = 10 * Bench.second
        _ = bench.handle(.stdin(1))
        #expect(bench.machine.deadline == 25 * Bench.second)
        #expect(bench.pass(seconds: 5) == [])
        #expect(bench.pass(seconds: 10) == [.send(.ping, [])])
        #expect(bench.send(.pong) == [])
        #expect(bench.machine.deadline == 40 * Bench.second)
    }

    @Test("a running session that ends with its connection asks nothing")
    func noHeartbeat() {
        var bench = Bench()
        #expect(bench.machine.deadline == nil)
        #expect(bench.pass(seconds: 100) == [])
    }
}
