public import PosternSys
public import PosternWire

/// How a session ended, as its client knows it.
public struct Outcome: Sendable {
    public enum Ending: Sendable {
        /// The worker told how the command ended, and all of its output was written.
        case exited(Exit)
        /// The guest was not reached.
        case unreachable(ConnectError)
        /// The worker refused; no command ran.
        case refused(ErrorReport)
        /// The worker gave the session up after it had started.
        case failed(ErrorReport)
        /// The connection ended and nobody said how the command did.
        case lost(SysError?)
        /// The worker broke the protocol: in which way.
        case broken(String)
        /// Our own stdout or stderr took no more.
        case outputFailed(StandardStreams.Name, SysError)
        /// The user typed ^] three times, or sent a signal three times.
        case hungUp(Signal?)
        /// This process was told to end.
        case killed(Signal)
        /// We left, and the session goes on.
        case detached
        /// A system call of our own failed.
        case internalFailure(SysError)
    }

    public var ending: Ending
    public var session: SessionID
    /// Nil when the command never started.
    public var started: Started?
    /// Bytes of output that arrived.
    public var received: UInt64 = 0
    /// Whether there was no connection at the end, so that the guest was not told of it.
    public var isUnheard = false
    /// For how many seconds a lost session was looked for; nil where that makes no sense.
    public var sought: UInt64?
    /// Why the last try to connect again failed.
    public var lastFailure: ConnectError?
    /// From the first connect to the end, in microseconds.
    public var duration: UInt64 = 0

    public var exitCode: ExitCode {
        switch ending {
        case .exited(let exit): ExitCode(exit.status)
        case .refused(let report): ExitCode(report)
        case .detached: .command(0)
        case .killed(let signal), .hungUp(let signal?): .signal(UInt8(clamping: signal.rawValue))
        // As if the terminal had been taken away.
        case .hungUp(nil): .signal(1)
        case .unreachable, .failed, .lost, .broken, .outputFailed, .internalFailure: .failure
        }
    }

    /// Whether what ran on our terminal goes on without it, its cursor anywhere.
    public var leftTerminalMidway: Bool {
        guard started?.tty != nil else { return false }
        return switch ending {
        case .detached, .failed, .lost, .broken, .hungUp: true
        case .exited, .unreachable, .refused, .outputFailed, .killed, .internalFailure: false
        }
    }

    /// One word for records.
    public var word: String {
        switch ending {
        case .exited: "exited"
        case .unreachable: "unreachable"
        case .refused: "refused"
        case .failed: "failed"
        case .lost: "lost"
        case .broken: "broken"
        case .outputFailed: "output-failed"
        case .hungUp: "hung-up"
        case .killed: "killed"
        case .detached: "detached"
        case .internalFailure: "internal"
        }
    }
}

extension Outcome {
    /// What there is to tell the user, in one line without control characters; nil when the exit code says it all.
    public var message: String? {
        switch ending {
        case .exited(let exit): Self.message(exit)
        case .unreachable(let error): error.description
        case .refused(let report): Self.message(report)
        case .failed(let report): Self.message(lost: report)
        case .lost(let error):
            started == nil
                ? "connection lost before the guest answered\(Self.reason(error))\(search); see the worker's journal in the guest"
                : "connection lost\(Self.reason(error))\(search); how the command ended is unknown\(known)"
        case .broken(let why):
            "the worker broke the protocol: \(why); how the command ended is unknown\(known)"
        // The reader chose to go: as quiet as any filter, and not 0.
        case .outputFailed(.output, let error) where error.errno == .brokenPipe: nil
        case .outputFailed(let name, let error):
            "cannot write to \(name.rawValue): \(error); the session was hung up"
        case .hungUp(let signal):
            (isUnheard ? "given up after " : "hung up after ")
                + (signal.map { "three \($0)" } ?? "^] was typed three times")
                + (isUnheard ? "; the session was not told\(known)" : "")
        // Whoever sent the signal knows; the terminal may be stopped and could not take a word.
        case .killed: nil
        case .detached: nil
        case .internalFailure(let error): error.description
        }
    }

    private static func message(_ exit: Exit) -> String? {
        let end: String
        switch exit.status {
        case .code(let code): end = "exited with \(code)"
        case .signal(let signal):
            end =
                "was killed by \(Signal(rawValue: Int32(signal)))" + (exit.coreDumped ? ", core dumped" : "")
        }
        var causes: [String] = []
        switch exit.cause {
        case .timeout: causes.append("the session's time was up")
        case .idle: causes.append("the session was idle for too long")
        case .hangup: causes.append("the session was hung up")
        case .lost: causes.append("its client was lost")
        case .removed: causes.append("the session was removed")
        case .stop: causes.append("the session's unit was stopped")
        case .shutdown: causes.append("the guest was shut down")
        case .reboot: causes.append("the guest was rebooted")
        case nil: break
        }
        if exit.outOfMemory { causes.append("a process of the session was killed for want of memory (OOM)") }
        return causes.isEmpty ? nil : "the command \(end): \(causes.joined(separator: ", and "))"
    }

    static func message(_ report: ErrorReport) -> String {
        guard let errno = report.errno, !report.text.contains(errno) else { return report.text }
        return "\(report.text) (\(errno))"
    }

    private static func message(lost report: ErrorReport) -> String {
        switch ErrorReport.Stage(rawValue: report.stage) {
        case .shutdown: explain("the guest is shutting down", report)
        case .reboot: explain("the guest is rebooting", report)
        case .stop: explain("the session's unit was stopped", report)
        case .lost: explain("the session's worker died, and nobody knows how the command ended", report)
        case .rebooted: explain("the guest was rebooted, and the session is gone", report)
        case .takenOver: explain("the session was taken over", report)
        default: "the session failed: \(message(report))"
        }
    }

    /// What the stage means, and the worker's words on it where they do not begin with the same.
    private static func explain(_ meaning: String, _ report: ErrorReport) -> String {
        report.text.hasPrefix(meaning) ? report.text : "\(meaning): \(report.text)"
    }

    private static func reason(_ error: SysError?) -> String { error.map { " (\($0))" } ?? "" }

    private var search: String {
        guard let sought else { return "" }
        return ", and not found again in \(sought) s" + (lastFailure.map { ": \($0)" } ?? "")
    }

    private var known: String {
        guard let started else { return "" }
        return " (session \(started.session.text), pid \(started.pid), \(received) bytes of output received)"
    }
}

extension Outcome {
    /// A few words for a journal: `exit 4`, `killed by SIGHUP (hangup)`, or what the user was told.
    public var summary: String {
        switch ending {
        case .exited(let exit):
            let cause = exit.cause.map { " (\($0.rawValue))" } ?? ""
            return switch exit.status {
            case .code(let code): "exit \(code)\(cause)"
            case .signal(let signal): "killed by \(Signal(rawValue: Int32(signal)))\(cause)"
            }
        case .killed(let signal): return "client ended by \(signal)"
        case .detached: return "detached"
        case .unreachable, .refused, .failed, .lost, .broken, .outputFailed, .hungUp, .internalFailure:
            return message ?? word
        }
    }
}
