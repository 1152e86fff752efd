import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct StandardStreams {
        private func filled(_ count: Int) -> ByteQueue {
            var queue = ByteQueue(capacity: count)
            queue.append([UInt8](repeating: 97, count: count))
            return queue
        }

        @Test func `A full pipe does not block and keeps its shared description blocking`() throws {
            let pipe = try Pipe()
            let stream = try StandardStream(inherited: pipe.writeEnd.raw, writing: true)
            #expect(stream.alwaysReady == false)
            var queue = filled(1 << 20)
            var total = 0
            while case .bytes(let written) = try stream.write(from: &queue) { total += written }
            #expect(total == (try Pipe.capacity(of: pipe.writeEnd)))
            #expect(try !pipe.writeEnd.isNonBlocking())
            #expect(try !pipe.readEnd.isNonBlocking())
        }

        @Test func `An empty pipe does not block, and its end is seen`() throws {
            let pipe = try Pipe()
            let readEnd = try pipe.readEnd.duplicate()
            let stream = try StandardStream(inherited: readEnd.raw, writing: false)
            var queue = ByteQueue(capacity: 10)
            #expect(try stream.read(into: &queue) == .wouldBlock)
            _ = consume pipe
            #expect(try stream.read(into: &queue) == .endOfFile)
            #expect(try !readEnd.isNonBlocking())
        }

        @Test func `A terminal does not block and keeps its shared description blocking`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let input = try StandardStream(inherited: pty.slave.raw, writing: false)
            let output = try StandardStream(inherited: pty.slave.raw, writing: true)
            #expect(input.isTerminal == true)
            var queue = ByteQueue(capacity: 10)
            #expect(try input.read(into: &queue) == .wouldBlock)
            var much = filled(1 << 20)
            while case .bytes = try output.write(from: &much) {}
            #expect(much.count > 0)
            #expect(try !pty.slave.isNonBlocking())
        }

        @Test func `A socket does not block and keeps its shared description blocking`() throws {
            let pair = try SocketPair()
            let stream = try StandardStream(inherited: pair.first.raw, writing: true)
            var queue = filled(1 << 22)
            while case .bytes = try stream.write(from: &queue) {}
            #expect(queue.count > 0)
            #expect(try stream.read(into: &queue) == .wouldBlock)
            #expect(try !pair.first.isNonBlocking())
        }

        @Test func `A file keeps its position and O_APPEND`() throws {
            try withDirectory { directory in
                let path = directory + "/out"
                try Files.create(bytes("first\n"), at: path)
                let file = try Files.openForAppending(path)
                let output = try StandardStream(inherited: file.raw, writing: true)
                #expect(output.alwaysReady == true)
                var queue = ByteQueue(capacity: 100)
                queue.append(bytes("second\n"))
                #expect(try output.write(from: &queue) == .bytes(7))
                #expect(try Files.readSmall(path, limit: 100) == bytes("first\nsecond\n"))

                let reading = try Files.openForReading(path)
                #expect(lseek(reading.raw, 6, SEEK_SET) == 6)
                let input = try StandardStream(inherited: reading.raw, writing: false)
                #expect(try input.read(into: &queue, atMost: 3) == .bytes(3))
                #expect(queue.copy() == bytes("sec"))
                #expect(lseek(reading.raw, 0, SEEK_CUR) == 9)
            }
        }

        @Test func `A pipe whose reader is gone is an error, not a wait`() throws {
            try Signal.ignore(.pipe)
            let pipe = try Pipe()
            let writeEnd = try pipe.writeEnd.duplicate()
            _ = consume pipe
            let stream = try StandardStream(inherited: writeEnd.raw, writing: true)
            var queue = filled(10)
            #expect(throws: SysError(call: "write", errno: .brokenPipe)) {
                _ = try stream.write(from: &queue)
            }
        }

        @Test func `Dropping it leaves the inherited descriptor open`() throws {
            let pipe = try Pipe()
            let before = try descriptorCount()
            _ = try StandardStream(inherited: pipe.readEnd.raw, writing: false)
            #expect(try descriptorCount() == before)
            #expect(fcntl(pipe.readEnd.raw, F_GETFD) >= 0)
        }

        @Test func `A closed descriptor is EBADF`() {
            #expect(throws: SysError(call: "fstat", errno: .badDescriptor)) {
                _ = try StandardStream(inherited: 999, writing: false)
            }
        }
    }
}
