import PosternSys
import Testing

extension SysTests {
    @Suite struct Polls {
        /// Many pipes, which no array can hold by themselves.
        private final class Held {
            let pipe: Pipe
            init() throws { pipe = try Pipe() }
        }

        @Test(arguments: [1, 15, 16, 17, 33, 300]) func `Each of many descriptors is told by its own slot`(
            count: Int
        ) throws {
            let pipes = try (0..<count).map { _ in try Held() }
            var set = PollSet()
            for turn in 0..<3 {
                set.reset()
                let slots = pipes.map { set.add($0.pipe.readEnd, read: true, write: false) }
                let wanted = (turn * 7) % count
                try Files.writeAll([1], to: pipes[wanted].pipe.writeEnd)
                #expect(try set.wait(milliseconds: deadline) == 1)
                #expect(slots.indices.filter { set.readable(slots[$0]) } == [wanted])
                var queue = ByteQueue(capacity: 1)
                _ = try queue.fill(from: pipes[wanted].pipe.readEnd)
            }
        }

        @Test func `A set that was reset knows no slot of before`() throws {
            let pipe = try Pipe()
            try Files.writeAll([1], to: pipe.writeEnd)
            var set = PollSet()
            let slot = set.add(pipe.readEnd, read: true, write: false)
            try set.wait(milliseconds: 0)
            #expect(set.readable(slot) == true)
            set.reset()
            #expect(set.readable(slot) == false)
            #expect(try set.wait(milliseconds: 0) == 0)
        }

        @Test func `Only what was asked for wakes, and a hang-up always`() throws {
            let pipe = try Pipe()
            try Files.writeAll([1], to: pipe.writeEnd)
            let readEnd = try pipe.readEnd.duplicate()
            var set = PollSet()
            let slot = set.add(readEnd, read: false, write: false)
            #expect(try set.wait(milliseconds: 0) == 0)
            _ = consume pipe
            #expect(try set.wait(milliseconds: deadline) == 1)
            #expect(set.hungUp(slot) == true)
            #expect(set.readable(slot) == false)
        }
    }
}
