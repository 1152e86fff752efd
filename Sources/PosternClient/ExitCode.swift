public import PosternWire

/// What the client itself exits with: podman's and docker's convention.
public enum ExitCode: Equatable, Sendable {
    /// The command's own.
    case command(UInt8)
    /// The command, or the client, was killed by this signal: 128+n.
    case signal(UInt8)
    /// The command is there and cannot be run.
    case cannotRun
    /// There is no such command.
    case notFound
    /// Anything else went wrong, and the command's own code is not known.
    case failure

    public var rawValue: Int32 {
        switch self {
        case .command(let code): Int32(code)
        case .signal(let signal): 128 + Int32(signal)
        case .cannotRun: 126
        case .notFound: 127
        case .failure: 125
        }
    }

    public init(_ status: Exit.Status) {
        switch status {
        case .code(let code): self = .command(code)
        case .signal(let signal): self = .signal(signal)
        }
    }

    /// For a session that was refused.
    public init(_ report: ErrorReport) {
        switch (report.stage, report.errno) {
        case (ErrorReport.Stage.exec.rawValue, "ENOENT"): self = .notFound
        case (ErrorReport.Stage.exec.rawValue, _): self = .cannotRun
        default: self = .failure
        }
    }
}
