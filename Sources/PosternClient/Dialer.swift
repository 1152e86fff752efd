public import PosternSys

/// A connection to a target, begun when this is made and waited for when it is needed: a guest starts its worker
/// while the host still reads what to ask of it.
public struct Dialer: ~Copyable {
    /// How long a guest or a multiplexer may keep silent, and how long one is asked again that cannot be had yet, in
    /// milliseconds. The kernel's own two seconds are too few for a guest whose processors are busy.
    static let patience = 5000
    private static let pause = 100
    /// A reset before anything was sent may be an old pair of ports. Where nobody listens, the answer stays the same.
    private static let mostResets = 2

    private let target: Target
    private let deadline: UInt64
    private var dial: Dial?
    private var failure: ConnectError?
    private var resets = 0

    /// Begins. Never blocks: a failure is told by `connect`.
    public init(_ target: Target) {
        self.target = target
        deadline = MonotonicClock.milliseconds() + UInt64(Self.patience)
        begin()
    }

    /// Connects, blocking until the connection stands, at most five seconds.
    public static func connect(to target: Target) throws(ConnectError) -> OwnedFD {
        try Dialer(target).connect()
    }

    /// Blocks until the connection stands, at most five seconds after it was begun.
    public consuming func connect() throws(ConnectError) -> OwnedFD {
        while true {
            do throws(ConnectError) {
                if let failure { throw failure }
                guard try isReady(), try dial?.advance() == true, let dial = dial.take() else { continue }
                return dial.finish()
            } catch {
                guard mayRepeat(error) else { throw error }
            }
            begin()
        }
    }

    private mutating func begin() {
        dial = nil
        failure = nil
        do throws(ConnectError) {
            dial = try Dial.begin(target, until: deadline)
        } catch {
            failure = error
        }
    }

    private mutating func mayRepeat(_ error: ConnectError) -> Bool {
        switch error {
        // The end before a multiplexer's OK means that the guest does not listen yet; after it never
        // (flintlock#1206, cloud-hypervisor#6798).
        case .noListener: break
        // A unix listener has as many waiting as it takes.
        case .failed(.unix, let error) where error.errno == .again: break
        case .failed(.vsock, let error) where error.errno == .connectionReset:
            resets += 1
            return resets <= Self.mostResets
        default: return false
        }
        guard MonotonicClock.milliseconds() + UInt64(Self.pause) < deadline else { return false }
        var nothing = PollSet()
        // Cut short or not: the deadline decides.
        _ = try? nothing.wait(milliseconds: Self.pause)
        return true
    }

    /// Waits until the dial can go on. False when it was only interrupted. What is ready after the deadline is in time:
    /// it was we who came late.
    private func isReady() throws(ConnectError) -> Bool {
        do throws(SysError) {
            var set = PollSet()
            _ = dial?.watch(in: &set)
            let now = MonotonicClock.milliseconds()
            if try set.wait(milliseconds: now < deadline ? Int(deadline - now) : 0) > 0 { return true }
        } catch {
            throw .failed(target, error)
        }
        guard MonotonicClock.milliseconds() < deadline else { throw .silent(target) }
        return false
    }
}
