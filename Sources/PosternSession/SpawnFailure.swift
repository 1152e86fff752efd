internal import PosternSys
internal import PosternWire

extension ErrorReport {
    /// A child that could not be started, in the words of who asked for it: what failed, with which value,
    /// and what to look at.
    init(_ error: SpawnError, _ plan: SessionPlan) {
        func shown(_ bytes: [UInt8]?) -> String { "'\(Text.printable(bytes ?? [], limit: 256))'" }
        let user = plan.user.shownName
        let why = error.errno.text
        let (stage, field, text): (Stage, String?, String)
        switch error.stage {
        case .fork:
            (stage, field, text) = (
                .fork, nil, "cannot start a process: \(why); see the unit's TasksMax= and MemoryMax="
            )
        case .cgroup:
            (stage, field, text) = (.cgroup, nil, "cannot start a process in the session's cgroup: \(why)")
        case .session, .stdio:
            (stage, field, text) = (.fork, nil, "cannot set the process up: \(why)")
        case .terminal:
            (stage, field, text) = (.terminal, nil, "cannot make the terminal the session's own: \(why)")
        case .oomScore:
            let value = plan.child.oomScoreAdjust ?? 0
            (stage, field, text) = (
                .oomScore, "oom-score-adj", "cannot set oom-score-adj to \(value): \(why)"
            )
        case .rlimit:
            let limit =
                plan.request.resourceLimits.indices.contains(error.index)
                ? plan.request.resourceLimits[error.index].description : "?"
            (stage, field, text) = (.rlimit, "rlimit", "cannot set rlimit \(limit): \(why)")
        case .groups, .gid, .uid:
            (stage, field, text) = (.credentials, "user", "cannot become '\(user)': \(why)")
        case .makeDirectory:
            (stage, field, text) =
                (
                    .mkdir, "cwd",
                    "cannot create directory \(shown(plan.child.workingDirectory)) as '\(user)': \(why)"
                )
        case .workingDirectory:
            (stage, field, text) =
                (
                    .cwd, "cwd",
                    "cannot enter directory \(shown(plan.child.workingDirectory)) as '\(user)': \(why)"
                )
        case .exec:
            let program = plan.command.first
            (stage, field) = (.exec, "arg")
            text =
                switch error.errno {
                case .noEntry where program?.contains(UInt8(ascii: "/")) != true:
                    "command \(shown(program)) not found in the session's PATH"
                case .noEntry:
                    "command \(shown(program)) not found, or the interpreter it names"
                case .argumentsTooLong:
                    "cannot run \(shown(program)): an argument is over 128 KiB, or all of them over the kernel's limit"
                default:
                    "cannot run \(shown(program)) as '\(user)': \(why)"
                }
        }
        self.init(stage: stage, errno: error.errno.name, field: field, text: text)
    }
}
