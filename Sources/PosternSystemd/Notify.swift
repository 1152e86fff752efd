import CSystemd

/// The service manager, told how we are: sd_notify(3).
public enum Notify {
    /// Sends assignments such as `READY=1`, separated by newlines. Does nothing outside a Type=notify unit.
    ///
    /// A failure is ignored: only the manager would want to know, and it is the manager that does not listen.
    public static func send(_ state: String) {
        // SAFETY: the string lives for the call.
        _ = unsafe sd_notify(0, state)
    }

    /// How long the manager waits for `WATCHDOG=1` before it aborts us; nil when it does not.
    public static var watchdogMicroseconds: UInt64? {
        var interval: UInt64 = 0
        // SAFETY: the call fills `interval`.
        return unsafe sd_watchdog_enabled(0, &interval) > 0 ? interval : nil
    }
}
