public import PosternSys
internal import PosternWire

/// How a session ended, as one JSON object for programs. Texts of the guest were escaped where they were read.
public struct ResultReport: Sendable {
    private var object = JSONObject()

    public init(target: Target, outcome: Outcome) {
        object.put("session", text: outcome.session.text)
        object.put("target", text: target.description)
        object.put("outcome", text: outcome.word)
        object.put("client_exit_code", number: outcome.exitCode.rawValue)
        if let started = outcome.started {
            object.put("pid", number: started.pid)
            object.put("tty", text: started.tty)
        }
        switch outcome.ending {
        case .exited(let exit): object.put(exit)
        case .refused(let report), .failed(let report):
            object.put("stage", text: report.stage)
            object.put("errno", text: report.errno)
            object.put("field", text: report.field)
        case .unreachable, .lost, .broken, .outputFailed, .hungUp, .killed, .detached, .internalFailure: break
        }
        object.put("duration_usec", number: outcome.duration)
        object.put("message", text: outcome.message)
    }

    /// The object on one line.
    public var json: String { object.text + "\n" }

    /// Writes the object to a file. A regular file is replaced in one step; what is something else (a FIFO, a
    /// device, a link) is written to and stays what it is.
    public func write(to path: String) throws(SysError) {
        if try Files.isReplaceable(path) {
            try Files.write(Array(json.utf8), to: path)
        } else {
            try Files.writeAll(Array(json.utf8), to: try Files.openForOverwriting(path))
        }
    }
}
