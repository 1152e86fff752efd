import PosternWire
import Testing

@testable import PosternClient

@Suite struct OutputWindowTests {
    @Test func `a little is told after a while, much at once, and nothing twice`() throws {
        var window = OutputWindow()
        #expect(window.update(now: 0) == nil)
        #expect(window.deadline == nil)
        try window.receive(5)
        window.queue(5)
        window.consume(5)
        #expect(window.update(now: 1000) == nil)
        #expect(window.deadline == 1200)
        #expect(window.update(now: 1199) == nil)
        let told = window.update(now: 1200)
        #expect(told?.consumed == 5)
        #expect(told?.limit == UInt64(5 + OutputWindow.size))
        #expect(window.deadline == nil)
        try window.receive(OutputWindow.step)
        window.queue(OutputWindow.step)
        window.consume(OutputWindow.step)
        #expect(window.update(now: 1200)?.consumed == UInt64(5 + OutputWindow.step))
        #expect(window.update(now: 9999) == nil)
    }

    @Test func `what is never written counts once all before it was written`() throws {
        var window = OutputWindow()
        try window.receive(10)
        window.queue(4)
        window.skip(6)
        #expect(try window.jump(to: 100) == 90)
        #expect(window.consumed == 0)
        window.consume(3)
        #expect(window.consumed == 3)
        window.consume(1)
        #expect(window.consumed == 100)
        #expect(window.received == 100)
    }

    @Test func `after a resumption nothing is told that is less than what was asked for`() throws {
        var window = OutputWindow()
        try window.receive(10)
        window.queue(10)
        #expect(window.ask() == UInt64(OutputWindow.size - 10))
        #expect(try window.resume(at: 10, isAttached: true) == 0)
        #expect(window.limit == UInt64(OutputWindow.size))
        window.consume(4)
        #expect(window.tell() == nil)
        try window.receive(3)
        window.queue(3)
        window.consume(9)
        #expect(window.tell() == WindowUpdate(consumed: 13, limit: UInt64(13 + OutputWindow.size)))
    }

    @Test func `gap after gap costs neither time nor memory without end`() throws {
        var window = OutputWindow()
        for step in 1...100_000 {
            try window.receive(1)
            window.queue(1)
            #expect(try window.jump(to: UInt64(step * 4)) == 3)
            window.consume(1)
            _ = window.tell()
        }
        #expect(window.consumed == 400_000)
    }
}
