import Glibc

/// CLOCK_MONOTONIC: unaffected by the date being set; stands still while the guest is suspended.
public enum MonotonicClock {
    public static func nanoseconds() -> UInt64 {
        var now = timespec()
        // SAFETY: the call fills `now` and cannot fail with this clock.
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    public static func milliseconds() -> UInt64 {
        nanoseconds() / 1_000_000
    }
}
