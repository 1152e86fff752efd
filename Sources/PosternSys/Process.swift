import CPostern

/// What this process is and was given.
public enum Process {
    public static var effectiveUserID: UInt32 { geteuid() }
    public static var id: Int32 { getpid() }

    /// The session, and the process group, that a process is in; nil when it is gone.
    public static func session(of pid: Int32) -> Int32? {
        let session = getsid(pid)
        return session > 0 ? session : nil
    }
    public static func group(of pid: Int32) -> Int32? {
        let group = getpgid(pid)
        return group > 0 ? group : nil
    }

    /// A variable of our environment, as bytes.
    public static func environment(_ name: String) -> [UInt8]? {
        // SAFETY: nothing in this process changes the environment; the bytes are copied before we return.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }
}

extension Process {
    /// Ends this process with `code`. Nothing is unwound; atexit handlers run.
    public static func exit(_ code: Int32) -> Never { CPostern.exit(code) }

    /// The same without atexit handlers.
    public static func exitNow(_ code: Int32) -> Never { _exit(code) }
}

/// Where a program complains.
public enum StandardError {
    public static var isTerminal: Bool { isatty(2) == 1 }

    /// Writes `text` as it is; a failure has nobody left to be told.
    public static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: the buffer lives for the call.
        unsafe bytes.withUnsafeBytes { unsafe _ = CPostern.write(2, $0.baseAddress, $0.count) }
    }
}
