internal import PosternSys
internal import PosternWire

/// The child of a session and the worker's ends of its stdio. Made whole, or not at all.
struct SessionProcess: ~Copyable {
    let child: Child
    let cgroup: SessionCgroup
    /// Whether the child only leads to the command, which runs elsewhere.
    let isWrapper: Bool
    /// Nil without PTY. It keeps the slave open, too: a child that closed its own would otherwise turn the
    /// master into one endless hang-up, at 250,000 wake-ups a second.
    let terminal: PseudoTerminal?
    /// What the child reads: a pipe, or the PTY's master. Nil once closed, or when it gets no stdin.
    var input: OwnedFD?
    /// What it writes. `errors` is nil with a PTY.
    var output: OwnedFD?
    var errors: OwnedFD?

    /// Makes terminal or pipes and starts the child. Blocks until it has called execve.
    static func start(_ plan: SessionPlan, _ policy: Policy) throws(ErrorReport) -> SessionProcess {
        let cgroup = try SessionCgroup.make(unit: policy.unit)
        let isWrapper = policy.wrap != nil
        if let request = plan.request.terminal {
            return try start(plan, on: request, cgroup, isWrapper)
        }
        return try startOnPipes(plan, cgroup, isWrapper)
    }

    private static func start(
        _ plan: SessionPlan, on request: OpenRequest.Terminal, _ cgroup: consuming SessionCgroup,
        _ isWrapper: Bool
    ) throws(ErrorReport) -> SessionProcess {
        let terminal = try openTerminal(plan, (request.size ?? .unknown).usable)
        let input = try duplicate(terminal.master)
        let output = try duplicate(terminal.master)
        let child = try spawn(plan, terminal, cgroup.session)
        return SessionProcess(
            child: child, cgroup: cgroup, isWrapper: isWrapper, terminal: terminal, input: input,
            output: output, errors: nil)
    }

    private static func openTerminal(
        _ plan: SessionPlan, _ size: TerminalSize
    ) throws(ErrorReport) -> PseudoTerminal {
        do throws(SysError) {
            let terminal = try PseudoTerminal.open(size)
            if plan.child.credentials != nil {
                try terminal.give(toUser: plan.user.uid, gid: plan.user.gid)
            }
            return terminal
        } catch {
            throw failure(.pty, error)
        }
    }

    private static func duplicate(_ fd: borrowing OwnedFD) throws(ErrorReport) -> OwnedFD {
        do throws(SysError) { return try fd.duplicate() } catch { throw failure(.pty, error) }
    }

    private static func failure(_ stage: ErrorReport.Stage, _ error: SysError) -> ErrorReport {
        let hint = stage == .pty ? "; is devpts mounted, and room left below /proc/sys/kernel/pty/max?" : ""
        return ErrorReport(
            stage: stage, errno: error.errno.name, text: "cannot make the session's stdio: \(error)\(hint)")
    }

    private static func startOnPipes(
        _ plan: SessionPlan, _ cgroup: consuming SessionCgroup, _ isWrapper: Bool
    ) throws(ErrorReport) -> SessionProcess {
        let pipes = try makePipes(plan)
        let child = try spawn(plan, pipes, cgroup.session)
        return SessionProcess(
            child: child, cgroup: cgroup, isWrapper: isWrapper, terminal: nil, input: pipes.input,
            output: pipes.output,
            errors: pipes.errors)
    }

    private static func spawn(
        _ plan: SessionPlan, _ terminal: borrowing PseudoTerminal, _ cgroup: borrowing Cgroup?
    ) throws(ErrorReport) -> Child {
        do throws(SpawnError) {
            return try Child.spawn(plan.child, terminal: terminal.slave, cgroup: cgroup)
        } catch {
            throw ErrorReport(error, plan)
        }
    }

    private static func spawn(
        _ plan: SessionPlan, _ pipes: borrowing Pipes, _ cgroup: borrowing Cgroup?
    ) throws(ErrorReport) -> Child {
        do throws(SpawnError) {
            return try Child.spawn(
                plan.child, stdin: pipes.childInput, stdout: pipes.childOutput, stderr: pipes.childErrors,
                cgroup: cgroup)
        } catch {
            throw ErrorReport(error, plan)
        }
    }

    private static func makePipes(_ plan: SessionPlan) throws(ErrorReport) -> Pipes {
        do throws(SysError) {
            return try Pipes.make(withInput: plan.request.stdin)
        } catch {
            throw failure(.pipe, error)
        }
    }

    /// Tells the terminal, and its foreground group by SIGWINCH. Without a terminal there is nothing to tell.
    func resize(_ size: TerminalSize) throws(SysError) {
        switch terminal {
        case .some(let terminal):
            try terminal.resize(
                rows: size.rows, columns: size.columns, xpixel: size.pixelWidth, ypixel: size.pixelHeight)
        case .none: break
        }
    }

    var isTerminal: Bool {
        switch terminal {
        case .some: true
        case .none: false
        }
    }

    /// The terminal's device name.
    var terminalName: String? {
        switch terminal {
        case .some(let terminal): terminal.name
        case .none: nil
        }
    }
}

/// The three pipes, or two and /dev/null: our ends, which never block, and the child's, which do.
private struct Pipes: ~Copyable {
    let input: OwnedFD?
    let output: OwnedFD
    let errors: OwnedFD
    let childInput: OwnedFD
    let childOutput: OwnedFD
    let childErrors: OwnedFD

    static func make(withInput: Bool) throws(SysError) -> Pipes {
        let output = try Pipe()
        let errors = try Pipe()
        try output.readEnd.setNonBlocking()
        try errors.readEnd.setNonBlocking()
        guard withInput else {
            let null = try Files.null()
            return Pipes(
                input: nil, output: output.readEnd, errors: errors.readEnd, childInput: null,
                childOutput: output.writeEnd, childErrors: errors.writeEnd)
        }
        let input = try Pipe()
        try input.writeEnd.setNonBlocking()
        return Pipes(
            input: input.writeEnd, output: output.readEnd, errors: errors.readEnd,
            childInput: input.readEnd, childOutput: output.writeEnd, childErrors: errors.writeEnd)
    }
}

extension TerminalSize {
    static let unknown = TerminalSize(rows: 0, columns: 0)

    /// 24 rows of 80 columns where the client knows no better.
    var usable: TerminalSize {
        rows > 0 && columns > 0 ? self : TerminalSize(rows: 24, columns: 80)
    }
}

extension PseudoTerminal {
    static func open(_ size: TerminalSize) throws(SysError) -> PseudoTerminal {
        try open(rows: size.rows, columns: size.columns, xpixel: size.pixelWidth, ypixel: size.pixelHeight)
    }
}
