internal import PosternSys

/// One try to connect, made while its caller does other things.
struct Dial: ~Copyable {
    private let target: Target
    private let socket: OwnedFD
    private var greeting: MultiplexerGreeting?
    private var isConnecting = true
    /// When it has failed for want of an answer, in loop time.
    let deadline: UInt64

    /// Begins. Never blocks.
    static func begin(_ target: Target, until deadline: UInt64) throws(ConnectError) -> Dial {
        do throws(SysError) {
            switch target {
            case .unix(let path), .mux(let path, _):
                return Dial(target, try Sockets.connectUnix(path: path), deadline)
            case .vsock(let cid, let port):
                let socket = try Sockets.connectVsock(
                    cid: cid, port: port, reserved: true, milliseconds: Dialer.patience)
                return Dial(target, socket, deadline)
            }
        } catch {
            throw .failed(target, error)
        }
    }

    private init(_ target: Target, _ socket: consuming OwnedFD, _ deadline: UInt64) {
        self.target = target
        self.socket = socket
        self.deadline = deadline
        if case .mux(_, let port) = target { greeting = MultiplexerGreeting(port: port) }
    }

    func watch(in set: inout PollSet) -> PollSet.Slot {
        set.add(socket, read: !isConnecting, write: isConnecting)
    }

    /// Goes on as far as it can without waiting, after the socket was ready. True when the connection stands.
    mutating func advance() throws(ConnectError) -> Bool {
        if isConnecting {
            if let error = Sockets.pendingError(of: socket) { throw .failed(target, error) }
            isConnecting = false
        }
        let step: MultiplexerGreeting.Step?
        do throws(SysError) { step = try greeting?.step(over: socket) } catch { throw .failed(target, error) }
        switch step {
        case .accepted, nil: return true
        case .waiting: return false
        case .closed: throw .noListener(target)
        case .other(let answer): throw .badAnswer(target, answer)
        }
    }

    consuming func finish() -> OwnedFD { socket }
}

/// The multiplexer's handshake: `CONNECT <port>\n` in one write, `OK <port>\n` read byte by byte, since what
/// follows is the session's.
struct MultiplexerGreeting: Sendable {
    enum Step: Equatable {
        case waiting
        case accepted
        case closed
        case other([UInt8])
    }

    private let port: UInt32
    private var isAsked = false
    private var line: [UInt8] = []

    init(port: UInt32) { self.port = port }

    mutating func step(over socket: borrowing OwnedFD) throws(SysError) -> Step {
        do throws(SysError) {
            if !isAsked {
                var request = ByteQueue(capacity: 32)
                request.append(Array("CONNECT \(port)\n".utf8))
                _ = try request.drainSocket(to: socket)
                isAsked = true
            }
            var byte = ByteQueue(capacity: 1)
            while true {
                switch try byte.fillSocket(from: socket) {
                case .wouldBlock: return .waiting
                case .endOfFile: return .closed
                case .bytes:
                    line += byte.copy()
                    byte.removeAll()
                }
                if line.last == UInt8(ascii: "\n") {
                    return line.starts(with: "OK ".utf8) ? .accepted : .other(line.dropLast())
                }
                if line.count == 64 { return .other(line) }
            }
        } catch {
            guard error.errno == .connectionReset || error.errno == .brokenPipe else { throw error }
            return .closed
        }
    }
}
