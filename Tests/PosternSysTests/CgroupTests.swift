import PosternSys
import Testing

/// Where a group of our own can be made; nil without cgroup v2 or the right to.
private let root: String? = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
    isRoot && Files.exists($0 + "/cgroup.procs") && Files.exists($0 + "/cgroup.controllers")
}

extension SysTests {
    @Suite(.enabled(if: root != nil)) struct ControlGroups {
        /// A group for the time of `body`, which must leave it empty.
        private func withGroup(_ body: (borrowing Cgroup?) throws -> Void) throws {
            let parent = try Cgroup(path: try #require(root))
            let group: Cgroup? = try parent.makeChild("postern-test-\(Process.id)")
            try body(group)
            switch group {
            case .some(let group):
                // The kernel lets go of the dead a moment after it reported them.
                try eventually { !group.isPopulated() }
                try group.remove()
            case .none: break
            }
        }

        private func start(_ script: String, in group: borrowing Cgroup?) throws -> Child {
            let null = try Files.null()
            let pipe = try Pipe()
            let child = try Child.spawn(
                shell(script), stdin: null, stdout: pipe.writeEnd, stderr: null, cgroup: group)
            try read(pipe.readEnd, until: "ready")
            return child
        }

        private func with(_ group: borrowing Cgroup?, _ body: (borrowing Cgroup) throws -> Void) throws {
            switch group {
            case .some(let group): try body(group)
            case .none: throw TimedOut()
            }
        }

        @Test func `A child is born in its group`() throws {
            try withGroup { group in
                let child = try start("grep -q postern-test /proc/self/cgroup && echo ready", in: group)
                let status = try child.reap()
                #expect(status.outcome == .code(0))
            }
        }

        @Test func `A kill reaches those that left the session`() throws {
            try withGroup { group in
                let child = try start(
                    "setsid sleep 1000 & setsid sleep 1000 & echo ready; read x </dev/zero", in: group)
                try with(group) { group in
                    let before = try group.processes()
                    #expect(before.contains(child.pid))
                    #expect(group.isPopulated() == true)
                    try group.kill()
                }
                let status = try child.reap()
                #expect(status.outcome == .signal(9))
            }
        }

        @Test func `What is in a group below is in the group`() throws {
            try withGroup { group in
                try with(group) { group in
                    let below = try group.makeChild("below")
                    let deeper = try below.makeChild("deeper")
                    let null = try Files.null()
                    let child = try Child.spawn(
                        shell("exec sleep 1000"), stdin: null, stdout: null, stderr: null,
                        cgroup: try below.makeChild("deeper"))
                    #expect(try group.processes() == [child.pid])
                    try group.signalAll(.term)
                    #expect(try child.reap().outcome == .signal(15))
                    try deeper.remove()
                    try below.remove()
                }
            }
        }

        @Test func `A signal reaches every process, each once`() throws {
            try withGroup { group in
                let child = try start(
                    "trap 'exit 5' TERM; setsid sh -c 'echo ready; exec sleep 1000' & while :; do wait $!; done",
                    in: group
                )
                try with(group) { group in try group.signalAll(.term) }
                let status = try child.reap()
                #expect(status.outcome == .code(5))
            }
        }

        @Test func `A group that is not the unit's is not ours`() throws {
            switch try Cgroup.own(unit: "no-such.service") {
            case .some: Issue.record("taken")
            case .none: break
            }
        }
    }
}
