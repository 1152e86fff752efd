internal import PosternSys
internal import PosternWire

/// What a session will be, decided from what the client asks, who it is, and what the unit allows. Nothing
/// has been made yet; whatever is wrong with the request is found here or by the kernel, not later.
struct SessionPlan {
    let request: OpenRequest
    let user: UserRecord
    let child: ChildSpec
    /// Nanoseconds.
    let timeout: UInt64?
    let idle: UInt64?
    let holdInput: UInt64
    /// For the journal; what of it is written there is policy.
    let command: [[UInt8]]
    /// Besides root, who may see the session and ask for it.
    let owner: UInt32
    /// Whether the unit keeps sessions without a client.
    let mayDetach: Bool

    init(_ request: OpenRequest, grant: Grant, policy: Policy) throws(ErrorReport) {
        self.request = request
        owner = grant.owner
        mayDetach = try Self.mayDetach(request, policy)
        user = try Self.user(request, grant, policy)
        // A unit that names its user has the last word: no peer chooses groups or raises limits there.
        let grant = policy.user == nil ? grant : .only(uid: user.uid, gid: user.gid)
        let primary = Self.primaryGroup(of: user, grant)
        let gid = policy.wrap == nil ? try Self.group(request, user, primary, grant) : primary
        timeout = try Self.limit(request.timeout, policy.maxTimeout, "timeout")
        idle = try Self.limit(request.idle, policy.maxIdle, "idle")
        // An attach tool makes a terminal its own and takes what comes before that for typed to somebody else; a pipe it
        // passes on, and whoever sends through one may wait for no output.
        let held = request.terminal == nil ? 0 : policy.holdInput ?? (policy.wrap == nil ? 0 : 5)
        holdInput = (request.holdInput ?? held) * 1_000_000_000
        let limits = try Self.limits(request.resourceLimits, grant)
        let oomScore = try Self.oomScore(request.oomScoreAdjust, grant)
        var credentials: ChildSpec.Credentials?
        if Process.effectiveUserID == 0 {
            credentials = ChildSpec.Credentials(
                uid: user.uid, gid: gid,
                groups: user.isKnown && user.uid != 0 ? Users.supplementaryGroups(of: user) : [gid])
        }
        if let wrap = policy.wrap {
            // All that was asked for is the wrapper's to do.
            var child = ChildSpec(arguments: try wrap.arguments(for: request), programs: [wrap.program])
            child.environment = ChildEnvironment(request, user: user, isWrapper: true).entries
            child.workingDirectory = Array("/".utf8)
            child.credentials = credentials
            self.child = child
            command = request.arguments.isEmpty ? [wrap.program] : request.arguments
            return
        }
        try Self.refuseContainers(request)

        let environment = ChildEnvironment(request, user: user)
        // A shell that was not asked for by name is a login shell, as ssh and machinectl give.
        let shell = user.shell.isEmpty ? Array("/bin/sh".utf8) : user.shell
        let program = request.arguments.first ?? shell
        guard program.count <= 4096, program.count <= 255 || program.contains(UInt8(ascii: "/")) else {
            throw ErrorReport(
                stage: .exec, errno: "ENAMETOOLONG", field: "arg",
                text: "the command's name is \(program.count) bytes long; no file's name is")
        }
        guard !program.isEmpty else {
            throw ErrorReport(
                stage: .exec, errno: "ENOENT", field: "arg", text: "the command's name is empty")
        }
        let arguments =
            request.arguments.isEmpty
            ? [[UInt8(ascii: "-")] + (shell.split(separator: UInt8(ascii: "/")).last ?? [])]
            : request.arguments
        command = request.arguments.isEmpty ? [shell] : request.arguments

        let directory = try Self.directory(request.workingDirectory, home: user.home)
        var child = ChildSpec(
            arguments: arguments, programs: ChildSpec.candidates(for: program, path: environment.path))
        child.environment = environment.entries
        child.workingDirectory = directory ?? (user.home.isEmpty ? Array("/".utf8) : user.home)
        // Only a directory nobody asked for may be replaced.
        child.fallbackDirectory = directory == nil ? Array("/".utf8) : nil
        child.makeDirectory = request.makeDirectory
        child.limits = limits
        child.oomScoreAdjust = oomScore
        child.credentials = credentials
        self.child = child
    }

    private static func refuseContainers(_ request: OpenRequest) throws(ErrorReport) {
        guard request.container != nil || request.image != nil else { return }
        let field = request.container != nil ? "container" : "image"
        throw ErrorReport(
            stage: .policy, field: field,
            text:
                "this unit runs commands in the guest itself and knows no \(field); ask another socket, such as "
                + "postern-lxc.sock or postern-podman.sock")
    }

    // MARK: - Who

    private static func user(
        _ request: OpenRequest, _ grant: Grant, _ policy: Policy
    ) throws(ErrorReport) -> UserRecord {
        // A wrapper is told whom the client wants to be inside; it runs as the unit says.
        let wanted = policy.wrap == nil ? request.user ?? policy.user : policy.user
        let record: UserRecord
        if let wanted {
            record = try lookUp(wanted)
        } else {
            let uid: UInt32 =
                switch grant {
                case .only(let uid, _): uid
                case .anyone: Process.effectiveUserID
                }
            record = try lookUp(uid)
        }
        if let only = policy.user, try lookUp(only).uid != record.uid {
            throw ErrorReport(
                stage: .policy, field: "user",
                text:
                    "this unit's sessions run as '\(Text.printable(only))' only, not as '\(record.shownName)'"
            )
        }
        if case .only(let uid, _) = grant, record.uid != uid, policy.wrap == nil || policy.user == nil {
            throw ErrorReport(
                stage: .policy, field: "user",
                text: "user id \(uid) may only run as itself, not as '\(record.shownName)'")
        }
        if Process.effectiveUserID != 0, record.uid != Process.effectiveUserID {
            throw ErrorReport(
                stage: .policy, field: "user",
                text: "this worker does not run as root and cannot become '\(record.shownName)'")
        }
        return record
    }

    private static func lookUp(_ name: [UInt8]) throws(ErrorReport) -> UserRecord {
        do throws(SysError) {
            if let user = try Users.user(named: name) { return user }
        } catch {
            throw ErrorReport(
                stage: .user, errno: error.errno.name, field: "user",
                text: "cannot look user '\(Text.printable(name, limit: 64))' up: \(error)")
        }
        throw ErrorReport(
            stage: .user, field: "user",
            text:
                "no user '\(Text.printable(name, limit: 64))' in the guest; give one of its passwd, or a number"
        )
    }

    /// By number at once: asked for by name, it would be looked for in every database of nsswitch.conf(5) first.
    private static func lookUp(_ uid: UInt32) throws(ErrorReport) -> UserRecord {
        do throws(SysError) { return try Users.user(uid: uid) } catch {
            throw ErrorReport(
                stage: .user, errno: error.errno.name, field: "user",
                text: "cannot look user id \(uid) up: \(error)")
        }
    }

    private static func lookUpGroup(_ name: [UInt8]) throws(ErrorReport) -> UInt32 {
        do throws(SysError) {
            if let gid = try Users.group(name) { return gid }
        } catch {
            throw ErrorReport(
                stage: .group, errno: error.errno.name, field: "group",
                text: "cannot look group '\(Text.printable(name, limit: 64))' up: \(error)")
        }
        throw ErrorReport(
            stage: .group, field: "group",
            text: "no group '\(Text.printable(name, limit: 64))' in the guest; give one it has, or a number")
    }

    /// A user without an entry who runs as itself keeps the group that the kernel says it has.
    private static func primaryGroup(of user: UserRecord, _ grant: Grant) -> UInt32 {
        guard !user.isKnown, case .only(_, let gid) = grant else { return user.gid }
        return gid
    }

    private static func group(
        _ request: OpenRequest, _ user: UserRecord, _ primary: UInt32, _ grant: Grant
    ) throws(ErrorReport) -> UInt32 {
        guard let wanted = request.group else { return primary }
        let gid = try lookUpGroup(wanted)
        let mayChoose = grant == .anyone && Process.effectiveUserID == 0
        if !mayChoose, gid != primary, !user.isKnown || !Users.supplementaryGroups(of: user).contains(gid) {
            throw ErrorReport(
                stage: .policy, field: "group",
                text: "'\(user.shownName)' is not in group '\(Text.printable(wanted))'")
        }
        return gid
    }

    // MARK: - Limits

    private static func limit(
        _ wanted: UInt64?, _ most: UInt64?, _ field: String
    ) throws(ErrorReport) -> UInt64? {
        if let wanted, let most, wanted > most {
            throw ErrorReport(
                stage: .policy, field: field,
                text: "\(field) of \(wanted) s is above the \(most) s this unit allows (--max-\(field))")
        }
        return (wanted ?? most).map { $0 * 1_000_000_000 }
    }

    /// Whether the session may be without a client, which it needs a record for.
    private static func mayDetach(_ request: OpenRequest, _ policy: Policy) throws(ErrorReport) -> Bool {
        let linger = request.linger ?? 0
        if policy.stateDirectory != nil, policy.maxLinger > 0 {
            guard linger <= policy.maxLinger else {
                throw ErrorReport(
                    stage: .policy, field: "linger",
                    text:
                        "linger of \(linger) s is above the \(policy.maxLinger) s this unit allows (--max-linger)"
                )
            }
            return true
        }
        guard linger == 0, !request.detach else {
            throw ErrorReport(
                stage: .policy, field: request.detach ? "detach" : "linger",
                text: "this unit keeps no session without its client (--max-linger=0, or no --state-dir)")
        }
        return false
    }

    private static func limits(
        _ wanted: [OpenRequest.ResourceLimit], _ grant: Grant
    ) throws(ErrorReport) -> [ChildSpec.Limit] {
        var limits: [ChildSpec.Limit] = []
        for limit in wanted {
            func refuse(_ stage: ErrorReport.Stage, _ why: String) -> ErrorReport {
                ErrorReport(
                    stage: stage, field: "rlimit",
                    text: "rlimit \(Text.printable(Array(limit.description.utf8))): \(why)")
            }
            guard let resource = ResourceLimit.named(Array(limit.resource.utf8)) else {
                throw refuse(
                    .rlimit,
                    "no such resource; known are \(ResourceLimit.table.map { $0.name }.joined(separator: " "))"
                )
            }
            guard limit.soft <= limit.hard else {
                throw refuse(.rlimit, "the soft limit is above the hard one")
            }
            // The child's limits are set while it is root still: what its user could not raise, we must not.
            if grant != .anyone, let hard = Self.hardLimit(resource), limit.hard > hard {
                let most = hard == OpenRequest.ResourceLimit.unlimited ? "unlimited" : String(hard)
                throw refuse(.policy, "above the hard limit of \(most) that applies to you")
            }
            limits.append(ChildSpec.Limit(resource: resource, soft: limit.soft, hard: limit.hard))
        }
        return limits
    }

    private static func hardLimit(_ resource: ResourceLimit) -> UInt64? {
        do throws(SysError) {
            return try resource.current().hard
        } catch {
            // A kernel that does not know the resource: setrlimit will say so, with the resource's name.
            return nil
        }
    }

    private static func oomScore(_ wanted: Int?, _ grant: Grant) throws(ErrorReport) -> Int? {
        guard let wanted, wanted < 0, grant != .anyone else { return wanted }
        throw ErrorReport(
            stage: .policy, field: "oom-score-adj", text: "oom-score-adj \(wanted): only root may go below 0")
    }

    // MARK: - Where

    private static func directory(_ wanted: [UInt8]?, home: [UInt8]) throws(ErrorReport) -> [UInt8]? {
        guard let wanted else { return nil }
        if wanted.first == UInt8(ascii: "/") { return wanted }
        if wanted == [UInt8(ascii: "~")] { return home }
        if wanted.starts(with: "~/".utf8) { return home + wanted.dropFirst() }
        throw ErrorReport(
            stage: .cwd, field: "cwd",
            text: "'\(Text.printable(wanted))' is neither an absolute path nor below '~'")
    }
}

extension SessionPlan {
    /// What others are shown of it.
    func info(pid: Int32, tty: String?, started: UInt64) -> SessionInfo {
        var info = SessionInfo(session: request.session, state: .attached)
        info.name = request.name
        info.user = user.name
        info.arguments = command
        info.pid = UInt64(pid)
        info.tty = tty
        info.started = started
        return info
    }

    func record(_ info: SessionInfo) -> Record { Record(owner: owner, token: request.token, info: info) }

    /// `Session 'build': make (77) as alice on /dev/pts/3`
    func summary(pid: Int32, tty: String?, _ policy: Policy) -> String {
        let program =
            policy.commandLog == .none ? "a command" : Text.printable(command.first ?? [], limit: 64)
        let name = request.name.map { " '\(Text.printable($0, limit: 64))'" } ?? ""
        return "Session\(name): \(program) (\(pid)) as \(user.shownName)" + (tty.map { " on \($0)" } ?? "")
    }
}

extension UserRecord {
    var shownName: String { Text.printable(name, limit: 64) }
}
