import PosternSys
import Testing

extension SysTests {
    @Suite struct Ring {
        /// As much as the ring holds besides its capacity: offsets wrap after both.
        static let slack = ByteRing.longestRead

        @Test(arguments: [1, 7, 1000, 70_000])
        func `It agrees with the end of an array, whatever is done to it`(
            capacity: Int
        ) throws {
            var generator = SplitMix(state: UInt64(capacity))
            var ring = ByteRing(capacity: capacity)
            // The model: everything there ever was, and what of it is still held.
            var all: [UInt8] = []
            var start = 0
            let pipe = try Pipe()
            try pipe.readEnd.setNonBlocking()
            for _ in 0..<1000 {
                let length = Int.random(in: 0...5000, using: &generator)
                let new = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                switch Int.random(in: 0..<5, using: &generator) {
                case 0, 1:
                    ring.append(new.span)
                    all += new
                case 2, 3:
                    try write(new, to: pipe.writeEnd)
                    var left = length
                    while left > 0, case .bytes(let count) = try ring.fill(from: pipe.readEnd, atMost: left) {
                        left -= count
                    }
                    #expect(left == 0)
                    all += new
                default:
                    start = Int.random(in: start...all.count, using: &generator)
                    ring.drop(before: UInt64(start))
                }
                start = max(start, all.count - capacity)
                #expect(
                    ring.start == UInt64(start) && ring.end == UInt64(all.count)
                        && ring.count == all.count - start)
                let from = Int.random(in: start...all.count, using: &generator)
                let to = Int.random(in: from...all.count, using: &generator)
                if ring.copy(UInt64(from)..<UInt64(to)) != Array(all[from..<to]) {
                    Issue.record("differs at \(from)..<\(to)")
                    return
                }
            }
        }

        @Test func `A read ends where the ring wraps, and the next one goes on at its beginning`() throws {
            let pipe = try Pipe()
            var ring = ByteRing(capacity: 100)
            ring.skip(to: 100 + Self.slack - 10)
            try write(bytes("0123456789abcdefghij"), to: pipe.writeEnd)
            #expect(try ring.fill(from: pipe.readEnd, atMost: 1000) == .bytes(10))
            #expect(try ring.fill(from: pipe.readEnd, atMost: 1000) == .bytes(10))
            #expect(text(ring.copy(ring.end - 15..<ring.end)) == "56789abcdefghij")
        }

        @Test func `A frame goes out whole, header and all, although it lies around the ring's end`() throws {
            let pair = try SocketPair()
            var ring = ByteRing(capacity: 100)
            ring.skip(to: 100 + Self.slack - 3)
            let from = ring.end
            ring.append(bytes("payload").span)
            #expect(try ring.send([1, 0, 0, 0, 7], from..<ring.end, to: pair.first) == .bytes(12))
            #expect(try ring.send([2, 0, 0, 0, 2], from..<from + 2, to: pair.first) == .bytes(7))
            #expect(try ring.send([3, 0, 0, 0, 0], ring.end..<ring.end, to: pair.first) == .bytes(5))
            var queue = ByteQueue(capacity: 100)
            _ = try queue.fillSocket(from: pair.second)
            let frames =
                [1, 0, 0, 0, 7] + bytes("payload") + [2, 0, 0, 0, 2] + bytes("pa") + [3, 0, 0, 0, 0]
            #expect(queue.copy() == frames)
        }

        @Test func `Sending neither blocks nor raises SIGPIPE`() throws {
            let pair = try SocketPair()
            var ring = ByteRing(capacity: Self.slack)
            ring.append([UInt8](repeating: 0, count: Self.slack).span)
            while try ring.send([0, 0, 0, 0, 0], 0..<ring.end, to: pair.first) != .wouldBlock {}
            #expect(try !pair.first.isNonBlocking())
            Sockets.shutdownBoth(pair.first)
            #expect(throws: SysError(call: "sendmsg", errno: .brokenPipe)) {
                _ = try ring.send([0, 0, 0, 0, 0], 0..<1, to: pair.first)
            }
        }

        @Test func `Filling it never blocks a byte that is held`() throws {
            let pipe = try Pipe()
            try write([UInt8](repeating: 2, count: Self.slack), to: pipe.writeEnd)
            var ring = ByteRing(capacity: 100)
            ring.append([UInt8](repeating: 1, count: 100).span)
            #expect(try ring.fill(from: pipe.readEnd, atMost: 99) == .bytes(99))
            #expect(ring.copy(ring.start..<ring.end) == [1] + [UInt8](repeating: 2, count: 99))
        }

        @Test func `No more is read than is asked for, and nothing is not asked of the kernel`() throws {
            let pipe = try Pipe()
            try pipe.readEnd.setNonBlocking()
            var ring = ByteRing(capacity: 100)
            #expect(try ring.fill(from: pipe.readEnd, atMost: 10) == .wouldBlock)
            try write(bytes("hello"), to: pipe.writeEnd)
            #expect(try ring.fill(from: pipe.readEnd, atMost: 0) == .wouldBlock)
            #expect(try ring.fill(from: pipe.readEnd, atMost: 2) == .bytes(2))
            #expect(pipe.readEnd.bytesReadable() == 3)
            let null = try Files.null()
            #expect(try ring.fill(from: null, atMost: 10) == .endOfFile)
            #expect(ring.end == 2)
        }

        @Test func `It begins at any offset, and forgets up to any that there was`() {
            var ring = ByteRing(capacity: 10)
            ring.begin(at: 1 << 60 + 12345)
            let start = ring.start
            #expect(ring.count == 0 && ring.end == start)
            ring.append(bytes("0123456").span)
            ring.drop(before: start + 4)
            ring.drop(before: start + 2)
            #expect(ring.start == start + 4 && text(ring.copy(start + 4..<start + 7)) == "456")
            ring.append(bytes("789abcde").span)
            #expect(text(ring.copy(ring.start..<ring.end)) == "56789abcde")
            ring.drop(before: ring.end)
            #expect(ring.count == 0)
        }
    }
}

extension ByteRing {
    func copy(_ range: Range<UInt64>) -> [UInt8] {
        var queue = ByteQueue(capacity: max(1, range.count))
        copy(range, to: &queue)
        return queue.copy()
    }

    /// Lets the stream come to this offset.
    mutating func skip(to offset: Int) {
        append([UInt8](repeating: 0, count: offset - Int(end)).span)
    }
}

private func write(_ bytes: [UInt8], to fd: borrowing OwnedFD) throws {
    try Files.writeAll(bytes, to: fd)
}
