import CPostern

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

/// CLOCK_THREAD_CPUTIME_ID: what this thread has computed, and not what it has waited.
public enum ProcessorClock {
    public static func nanoseconds() -> UInt64 {
        var now = timespec()
        // SAFETY: the call fills `now` and cannot fail with this clock.
        unsafe _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}

/// CLOCK_REALTIME: what people call the time. It may be set, and jump.
public enum WallClock {
    /// Since the epoch.
    public static func microseconds() -> UInt64 {
        var now = timespec()
        // SAFETY: the call fills `now` and cannot fail with this clock.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(clamping: now.tv_sec) * 1_000_000 + UInt64(clamping: now.tv_nsec / 1000)
    }

    /// As people of this machine write it: `2026-11-21 07:35:12`.
    public static func text(_ microseconds: UInt64) -> String {
        var seconds = time_t(clamping: microseconds / 1_000_000)
        var parts = unsafe tm()
        var bytes = [CChar](repeating: 0, count: 32)
        // SAFETY: both calls fill what they are given, within its size; neither keeps a pointer.
        unsafe _ = localtime_r(&seconds, &parts)
        let length = unsafe strftime(&bytes, bytes.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
