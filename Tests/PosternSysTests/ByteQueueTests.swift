import PosternSys
import Testing

extension SysTests {
    @Suite struct Queue {
        @Test(arguments: [1, 7, 64, 1000]) func `It agrees with an array, whatever is done to it`(
            capacity: Int
        ) throws {
            var generator = SplitMix(state: UInt64(capacity))
            var queue = ByteQueue(capacity: capacity)
            var other = ByteQueue(capacity: capacity)
            var model: [UInt8] = []
            let pipe = try Pipe()
            try pipe.readEnd.setNonBlocking()
            for _ in 0..<20_000 {
                let length = Int.random(in: 0...(queue.free), using: &generator)
                let taken = Int.random(in: 0...queue.count, using: &generator)
                switch Int.random(in: 0..<8, using: &generator) {
                case 0, 1:
                    let new = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    queue.append(new)
                    model += new
                case 2, 3:
                    queue.removeFirst(taken)
                    model.removeFirst(taken)
                case 4:
                    // Round trip through a pipe: what was first is last.
                    guard case .bytes(let written) = try queue.drain(to: pipe.writeEnd, atMost: taken) else {
                        continue
                    }
                    #expect(written == taken)
                    if written > 0 { #expect(try queue.fill(from: pipe.readEnd) == .bytes(written)) }
                    model = Array(model[taken...] + model[..<taken])
                case 5:
                    other.append(from: &queue, atMost: taken)
                    #expect(other.copy() == Array(model[..<taken]))
                    queue.append(from: &other)
                    model = Array(model[taken...] + model[..<taken])
                case 6 where queue.count >= 2:
                    let at = Int.random(in: 0...(queue.count - 2), using: &generator)
                    queue.overwrite(at: at, [1, 2] as InlineArray<2, UInt8>)
                    model.replaceSubrange(at..<(at + 2), with: [1, 2])
                case 7 where Int.random(in: 0..<50, using: &generator) == 0:
                    queue.removeAll()
                    model = []
                default: break
                }
                #expect(queue.count == model.count && queue.free == capacity - model.count)
                if queue.copy() != model {
                    Issue.record("differs")
                    return
                }
            }
        }

        @Test func `A frame is read behind the room for its header`() throws {
            let pipe = try Pipe()
            var source = ByteQueue(capacity: 100)
            source.append(bytes("payload"))
            _ = try source.drain(to: pipe.writeEnd)
            var queue = ByteQueue(capacity: 100)
            queue.append(bytes("before"))
            #expect(try queue.reserveThenFill(reserve: 5, from: pipe.readEnd, atMost: 50) == .bytes(7))
            queue.overwrite(at: queue.count - 7 - 5, [1, 0, 0, 0, 7] as InlineArray<5, UInt8>)
            #expect(queue.copy() == bytes("before") + [1, 0, 0, 0, 7] + bytes("payload"))
        }

        @Test func `Nothing is reserved when nothing came`() throws {
            let pipe = try Pipe()
            try pipe.readEnd.setNonBlocking()
            var queue = ByteQueue(capacity: 100)
            #expect(try queue.reserveThenFill(reserve: 5, from: pipe.readEnd, atMost: 50) == .wouldBlock)
            #expect(queue.count == 0)
        }

        @Test func `A full queue asks nothing of the kernel`() throws {
            let null = try Files.null()
            var queue = ByteQueue(capacity: 2)
            queue.append([1, 2])
            #expect(try queue.fill(from: null) == .wouldBlock)
            queue.removeAll()
            #expect(try queue.fill(from: null) == .endOfFile)
            #expect(try queue.drain(to: null) == .bytes(0))
        }

        @Test func `A socket neither blocks nor raises SIGPIPE`() throws {
            let pair = try SocketPair()
            var queue = ByteQueue(capacity: 1 << 20)
            #expect(try queue.fillSocket(from: pair.first) == .wouldBlock)
            while true {
                queue.append([UInt8](repeating: 0, count: queue.free))
                if try queue.drainSocket(to: pair.first) == .wouldBlock { break }
            }
            #expect(try !pair.first.isNonBlocking())
            Sockets.shutdownBoth(pair.first)
            #expect(throws: SysError(call: "send", errno: .brokenPipe)) {
                _ = try queue.drainSocket(to: pair.first)
            }
        }

        @Test func `A large queue that stays small costs no memory`() throws {
            func resident() throws -> Int {
                let fields = text(try Files.readSmall("/proc/self/statm", limit: 200) ?? []).split(
                    separator: " ")
                return (Int(fields[1]) ?? 0) * 4096
            }
            let before = try resident()
            var queue = ByteQueue(capacity: 256 << 20)
            let chunk = [UInt8](repeating: 1, count: 1000)
            for _ in 0..<100_000 {
                queue.append(chunk)
                queue.removeFirst(1000)
            }
            #expect(try resident() - before < 8 << 20)
        }
    }
}

/// Reproducible random numbers.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
