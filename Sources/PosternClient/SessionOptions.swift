public import PosternWire

/// How a client carries a session, whatever session it is.
public struct SessionOptions: Sendable {
    /// Whether ^] three times within a second hangs up, where the terminal is raw.
    public var watchesEscape = true
    /// Whether this process's signals are the session's: blocked in this thread from the first connection on,
    /// forwarded or obeyed. The process must have one thread. A program that embeds the client keeps its own.
    public var takesSignals = true
    /// The keys that leave the session running, where the terminal is raw.
    public var detachKeys: DetachKeys?
    /// Whether stdin is passed on to a session that takes it.
    public var takesInput = true
    /// Whether the client leaves once it has shown the output that was there when it came.
    public var stopsAtReplay = false
    /// Called once, when the command runs.
    public var onStarted: @Sendable (Started) -> Void = { _ in }

    /// After how long without a word the worker is asked whether it lives, and after how long it counts as dead,
    /// in milliseconds. PROTOCOL.md, "Heartbeat".
    struct Heartbeat: Sendable {
        var ping: UInt64 = 15_000
        var silence: UInt64 = 45_000
    }
    var heartbeat = Heartbeat()

    public init() {}
}
