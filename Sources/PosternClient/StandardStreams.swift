public import PosternSys

/// The client's stdin, stdout and stderr. One that was closed when the process started is nil.
public struct StandardStreams: ~Copyable {
    public enum Name: String, Sendable {
        case output = "stdout"
        case error = "stderr"
    }

    public var input: StandardStream?
    public var output: StandardStream?
    public var error: StandardStream?

    public init(
        input: consuming StandardStream?, output: consuming StandardStream?, error: consuming StandardStream?
    ) {
        self.input = input
        self.output = output
        self.error = error
    }

    /// Those of this process. Fills the places of closed ones with /dev/null, so that nothing opened later, such
    /// as the connection, becomes somebody's stdout. Call it once, before anything is opened.
    public static func inherited() throws(SysError) -> StandardStreams {
        let streams = StandardStreams(
            input: stream(.input), output: stream(.output), error: stream(.error))
        while true {
            let null = try Files.null()
            guard null.raw <= 2 else { break }
            // Its place stays taken as long as the process lives.
            _ = null.release()
        }
        return streams
    }

    private static func stream(_ which: StandardStream.Which) -> StandardStream? {
        // EBADF: it is closed, and that is an answer.
        do throws(SysError) { return try StandardStream(which) } catch { return nil }
    }

    /// The terminal whose size is the session's, the first of the three that is one.
    borrowing func size() -> TerminalWindow? {
        if let size = Self.size(input) { return size }
        if let size = Self.size(output) { return size }
        return Self.size(error)
    }

    private static func size(_ stream: borrowing StandardStream?) -> TerminalWindow? {
        switch stream {
        case .none: return nil
        case .some(let stream):
            guard stream.isTerminal else { return nil }
            // Gone since: then there is no size.
            do throws(SysError) { return try TerminalWindow.size(of: stream.descriptor) } catch { return nil }
        }
    }
}
