public import PosternSys
import PosternWire

/// Why no connection came about.
public struct ConnectError: Error, Equatable, Sendable, CustomStringConvertible {
    public let target: Target
    public let reason: String
    public let hint: String

    public var description: String { "cannot connect to \(target.text): \(reason)\(hint.isEmpty ? "" : "; " + hint)" }
}

extension Target {
    /// How long a VMM's proxy may refuse before it is believed, in nanoseconds. A guest that is starting, or
    /// was just restored, has nobody on the port for a moment.
    private static let muxPatience: UInt64 = 5_000_000_000

    /// Connects, blocking: at once on a unix socket, two seconds at most on vsock, five through a VMM's.
    ///
    /// A vsock connection comes from a port below 1024 where we may bind one: it tells the guest that root
    /// of the host is asking. The socket never blocks from here on.
    public func connect() throws(ConnectError) -> OwnedFD {
        do throws(SysError) {
            switch self {
            case .unix(let path):
                let socket = try Sockets.connectUnix(path: path)
                try socket.setNonBlocking()
                return socket
            case .vsock(let cid, let port):
                let socket = try Sockets.connectVsock(cid: cid, port: port, reserved: true)
                try socket.setNonBlocking()
                return socket
            case .mux: break
            }
        } catch {
            throw failure(error)
        }
        return try connectMux()
    }

    /// Their handshake: `CONNECT <port>` out, `OK <port>` back. An end before OK is worth a retry
    /// (flintlock#1206, cloud-hypervisor#6798), after it never.
    private func connectMux() throws(ConnectError) -> OwnedFD {
        guard case .mux(let path, let port) = self else { preconditionFailure("not a mux target") }
        let deadline = MonotonicClock.nanoseconds() + Self.muxPatience
        var pause = 20
        while true {
            if let socket = try tryMux(path, port, until: deadline) { return socket }
            guard MonotonicClock.nanoseconds() < deadline else {
                throw ConnectError(
                    target: self, reason: "nobody in the guest listens on port \(port)",
                    hint: "is postern-vsock.socket enabled there?")
            }
            // There is no event to wait for: the proxy only answers who asks.
            var nothing = PollSet()
            do throws(SysError) { try nothing.wait(milliseconds: pause) } catch { throw failure(error) }
            pause = min(pause * 2, 500)
        }
    }

    /// One attempt; nil when the connection ended before an answer.
    private func tryMux(_ path: [UInt8], _ port: UInt32, until deadline: UInt64) throws(ConnectError) -> OwnedFD? {
        let answer: Answer
        do throws(SysError) {
            let socket = try Sockets.connectUnix(path: path)
            try socket.setNonBlocking()
            answer = try Self.handshake(socket, port: port, until: deadline)
            if answer == .accepted { return socket }
        } catch {
            throw failure(error)
        }
        guard case .refused(let line) = answer else { return nil }
        throw ConnectError(
            target: self, reason: "it answered '\(Text.printable(line, limit: 64))' instead of OK",
            hint: "is this the VMM's vsock socket?")
    }

    private enum Answer: Equatable {
        case accepted
        case refused([UInt8])
        case ended
    }

    /// Byte by byte: what follows the line is the worker's already.
    private static func handshake(
        _ socket: borrowing OwnedFD, port: UInt32, until deadline: UInt64
    ) throws(SysError) -> Answer {
        var queue = ByteQueue(capacity: 64)
        queue.append(Array("CONNECT \(port)\n".utf8))
        guard case .bytes = try queue.drainSocket(to: socket), queue.isEmpty else { return .ended }
        var line: [UInt8] = []
        while line.count < 64 {
            let result: IOResult
            do throws(SysError) {
                result = try queue.fillSocket(from: socket, atMost: 1)
            } catch where error.errno == .connectionReset {
                return .ended
            }
            switch result {
            case .bytes:
                line += queue.copy()
                queue.removeAll()
                guard line.last == UInt8(ascii: "\n") else { continue }
                return line.starts(with: "OK ".utf8) ? .accepted : .refused(line.dropLast())
            case .endOfFile: return line.isEmpty ? .ended : .refused(line)
            case .wouldBlock:
                let now = MonotonicClock.nanoseconds()
                guard now < deadline else { return .ended }
                var set = PollSet()
                _ = set.add(socket, read: true, write: false)
                try set.wait(milliseconds: Int((deadline - now) / 1_000_000) + 1)
            }
        }
        return .refused(line)
    }

    private func failure(_ error: SysError) -> ConnectError {
        let hint =
            switch (self, error.errno) {
            case (.vsock, .connectionReset), (.vsock, .connectionRefused):
                "is postern-vsock.socket enabled in the guest?"
            case (.vsock, .noDevice), (.vsock, .connectionTimedOut), (.vsock, .hostUnreachable):
                "does a guest with this CID run, and is vhost_vsock loaded here?"
            case (_, .noEntry), (_, .connectionRefused): "is its socket unit started (systemctl start postern.socket)?"
            case (_, .access), (_, .notPermitted): "only those whom the socket's mode and its unit's --peers= allow may"
            default: ""
            }
        return ConnectError(target: self, reason: "\(error)", hint: hint)
    }
}
