public import PosternSys
public import PosternWire

/// How a session ended, as its client saw it.
public enum Outcome: Equatable, Sendable {
    /// The command ended, and all its output was written.
    case exited(Exit)
    /// The guest said why there is no session, or no longer one.
    case failed(ErrorReport, wasStarted: Bool)
    /// The connection ended without EXIT: how the command ended, nobody knows.
    case lost(String)
    /// The worker broke the protocol.
    case violated(String)
    /// A signal ended the client, and with it the session.
    case signalled(Signal)
    /// The user typed the escape.
    case hungUp
    /// Our own stdout or stderr takes no more.
    case outputFailed(SysError)
    /// A terminal, descriptor or poll of ours failed.
    case broken(String)

    /// podman's codes: the command's own, 126 found but not runnable, 127 not found, 125 a failure of ours,
    /// 128+n killed by signal n.
    public var exitCode: Int32 {
        switch self {
        case .exited(let exit):
            switch exit.status {
            case .code(let code): Int32(code)
            case .signal(let signal): 128 + Int32(signal)
            }
        case .failed(let report, _):
            switch (report.stage, report.errno) {
            case (ErrorReport.Stage.exec.rawValue, "ENOENT"): 127
            case (ErrorReport.Stage.exec.rawValue, _): 126
            default: 125
            }
        case .signalled(let signal): 128 + signal.rawValue
        case .hungUp: 128 + Signal.hup.rawValue
        case .lost, .violated, .outputFailed, .broken: 125
        }
    }

    /// What the user has to be told; nil when the command's own output said it all.
    public var message: String? {
        switch self {
        case .exited(let exit):
            if exit.outOfMemory { return "the session ran out of memory: the guest's kernel killed a process of it" }
            switch exit.cause {
            case .timeout: return "the session's time limit was reached"
            case .idle: return "the session was idle for too long"
            case .hangup, nil: return nil
            }
        case .failed(let report, _): return report.text
        case .lost(let why): return "connection lost, the command's exit status is not known: \(why)"
        case .violated(let why): return "the worker broke the protocol: \(why)"
        case .signalled: return nil
        case .hungUp: return "hung up"
        case .outputFailed(let error): return error.errno == .brokenPipe ? nil : "cannot write the output: \(error)"
        case .broken(let why): return why
        }
    }
}
