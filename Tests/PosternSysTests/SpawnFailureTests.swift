import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct SpawnFailure {
        @Test func `A missing program is ENOENT at exec`() throws {
            let spec = ChildSpec(arguments: [bytes("x")], programs: [bytes("/no/such"), bytes("/nor/this")])
            #expect(try failure(spec) == SpawnError(stage: .exec, errno: .noEntry, index: 1))
        }

        @Test func `No program at all is ENOENT at exec`() throws {
            #expect(try failure(ChildSpec(arguments: [], programs: []))?.errno == .noEntry)
        }

        @Test func `A file without the execute bit is remembered over later missing ones`() throws {
            try withDirectory { directory in
                try Files.create(bytes("#!/bin/sh\n"), at: directory + "/plain")
                let spec = ChildSpec(
                    arguments: [bytes("plain")],
                    programs: [bytes("/no/such"), bytes(directory + "/plain"), bytes("/nor/this")])
                #expect(try failure(spec) == SpawnError(stage: .exec, errno: .access, index: 1))
            }
        }

        @Test func `A later program is used when an earlier one is missing`() throws {
            var spec = shell("echo found")
            spec.programs.insert(bytes("/no/such/sh"), at: 0)
            #expect(try run(spec).output == "found\n")
        }

        @Test func `A file of no known format is ENOEXEC`() throws {
            try withDirectory { directory in
                try Files.create(bytes("echo hi\n"), at: directory + "/script")
                _ = try run(shell("chmod 755 \(directory)/script"))
                let spec = ChildSpec(arguments: [bytes("script")], programs: [bytes(directory + "/script")])
                #expect(try failure(spec) == SpawnError(stage: .exec, errno: .noExecutable))
            }
        }

        @Test func `One argument of 130 KiB is E2BIG`() throws {
            var spec = shell("true")
            spec.arguments.append([UInt8](repeating: 97, count: 130 * 1024))
            #expect(try failure(spec) == SpawnError(stage: .exec, errno: .argumentsTooLong))
        }

        @Test func `A missing working directory is ENOENT at the working directory`() throws {
            var spec = shell("pwd")
            spec.workingDirectory = bytes("/no/such/directory")
            #expect(try failure(spec) == SpawnError(stage: .workingDirectory, errno: .noEntry))
            spec.fallbackDirectory = bytes("/nor/this")
            #expect(try failure(spec) == SpawnError(stage: .workingDirectory, errno: .noEntry))
            spec.fallbackDirectory = bytes("/usr")
            #expect(try run(spec).output == "/usr\n")
        }

        @Test func `A refused limit is named by its index`() throws {
            var spec = shell("true")
            let nofile = try #require(ResourceLimit.named(bytes("nofile")))
            spec.limits = [
                .init(resource: nofile, soft: 100, hard: 100), .init(resource: nofile, soft: 9, hard: 8),
            ]
            #expect(try failure(spec) == SpawnError(stage: .rlimit, errno: .invalid, index: 1))
        }

        @Test func `An impossible OOM score fails at its stage`() throws {
            var spec = shell("true")
            spec.oomScoreAdjust = 2000
            #expect(try failure(spec) == SpawnError(stage: .oomScore, errno: .invalid))
        }

        @Test(.enabled(if: isRoot)) func `Too many groups fail at the groups`() throws {
            var spec = shell("true")
            spec.credentials = .init(uid: 65534, gid: 65534, groups: [UInt32](repeating: 1, count: 65537))
            #expect(try failure(spec) == SpawnError(stage: .groups, errno: .invalid))
        }

        @Test(.enabled(if: isRoot)) func `A directory that the user may not make fails as the user`() throws {
            var spec = shell("true")
            spec.credentials = .init(uid: 65534, gid: 65534, groups: [])
            spec.workingDirectory = bytes("/proc/sys/postern-test/below")
            spec.makeDirectory = true
            #expect(try failure(spec)?.stage == .makeDirectory)
        }

        @Test func `A terminal that controls another session is refused`() throws {
            let pty = try PseudoTerminal.open(rows: 24, columns: 80)
            let first = try Child.spawn(shell("read x"), terminal: pty.slave, cgroup: nil)
            do {
                let second = try Child.spawn(shell("true"), terminal: pty.slave, cgroup: nil)
                _ = try second.reap()
                Issue.record("started")
            } catch let error as SpawnError {
                #expect(error == SpawnError(stage: .terminal, errno: .notPermitted))
            }
            try first.signal(.kill)
            #expect(try first.reap().outcome == .signal(9))
        }

        @Test func `A directory that is no cgroup fails at the cgroup`() throws {
            let cgroup: Cgroup? = try Cgroup(path: "/tmp")
            let null = try Files.null()
            do {
                let child = try Child.spawn(
                    shell("true"), stdin: null, stdout: null, stderr: null, cgroup: cgroup)
                _ = try child.reap()
                Issue.record("started")
            } catch let error as SpawnError {
                #expect(error.stage == .cgroup)
            }
        }

        @Test func `Failed starts leave no descriptor and no child behind`() throws {
            var spec = shell("true")
            spec.workingDirectory = bytes("/no/such/directory")
            let before = try descriptorCount()
            for _ in 0..<50 { #expect(try failure(spec) != nil) }
            #expect(try descriptorCount() == before)
            let children = try Files.readSmall("/proc/thread-self/children", limit: 4096) ?? []
            #expect(text(children) == "")
        }
    }
}
