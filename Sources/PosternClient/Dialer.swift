public import PosternSys
internal import PosternWire

/// Makes connections to targets.
public enum Dialer {
    /// How long a multiplexer may keep silent, and how long one that hangs up before OK is asked again.
    static let patience = 5000
    private static let pause = 100

    /// Connects, blocking as long as the kernel does: until a Unix listener accepts or two seconds for vsock. A
    /// multiplexer has five.
    public static func connect(to target: Target) throws(ConnectError) -> OwnedFD {
        do throws(SysError) {
            switch target {
            case .unix(let path): return try Sockets.connectUnix(path: path)
            case .vsock(let cid, let port):
                return try Sockets.connectVsock(cid: cid, port: port, reserved: true)
            case .mux: break
            }
        } catch {
            throw .failed(target, error)
        }
        return try connectThroughMultiplexer(target)
    }

    /// An end of file before OK means that the guest does not listen yet, and is worth a retry; after it never
    /// (flintlock#1206, cloud-hypervisor#6798).
    private static func connectThroughMultiplexer(_ target: Target) throws(ConnectError) -> OwnedFD {
        guard case .mux(let path, let port) = target else { preconditionFailure("not a multiplexer") }
        let deadline = MonotonicClock.milliseconds() + UInt64(patience)
        while true {
            let greeting: MultiplexerGreeting.Step?
            do throws(SysError) {
                let socket = try Sockets.connectUnix(path: path)
                greeting = try greet(socket, port: port, until: deadline)
                if greeting == .accepted { return socket }
            } catch {
                throw .failed(target, error)
            }
            switch greeting {
            case .waiting, .accepted, .closed: break
            case nil: throw .noAnswer(target)
            case .other(let answer): throw .badAnswer(target, answer)
            }
            guard MonotonicClock.milliseconds() + UInt64(pause) < deadline else { throw .noListener(target) }
            var sleep = PollSet()
            // Cut short or not: the deadline decides.
            do throws(SysError) { try sleep.wait(milliseconds: pause) } catch { throw .failed(target, error) }
        }
    }

    /// Nil when there was no answer in time.
    private static func greet(
        _ socket: borrowing OwnedFD, port: UInt32, until deadline: UInt64
    ) throws(SysError) -> MultiplexerGreeting.Step? {
        var greeting = MultiplexerGreeting(port: port)
        while true {
            let step = try greeting.step(over: socket)
            guard step == .waiting else { return step }
            let now = MonotonicClock.milliseconds()
            guard now < deadline else { return nil }
            var set = PollSet()
            _ = set.add(socket, read: true, write: false)
            try set.wait(milliseconds: Int(deadline - now))
        }
    }
}
