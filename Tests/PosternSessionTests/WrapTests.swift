import PosternWire
import Testing

@testable import PosternSession

@Suite struct WrapTests {
    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// What a wrap makes of a request, as text.
    static func words(_ wrap: String, _ change: (inout OpenRequest) -> Void = { _ in }) throws -> [String] {
        var request = OpenRequest(session: .zero, token: .zero, limit: 0)
        change(&request)
        return try #require(Wrap(wrap)).arguments(for: request).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("words whose field was not asked for are left out")
    func wordsThatNothingWasAskedForAreLeftOut() throws {
        let wrap =
            "/bin/enter --in={container} {image} {tty:-t} {stdin:-i} {mkdir:-p} -u {user} --rlimit={rlimit} --"
        #expect(try Self.words(wrap) == ["/bin/enter", "-u", "--"])
    }

    @Test("a placeholder stays one argument, whatever is in it")
    func eachPlaceholderStaysOneArgumentWhateverIsInIt() throws {
        let words = try Self.words("/bin/enter --in={container} --dir={cwd} {user}") {
            $0.container = Self.bytes("box")
            $0.workingDirectory = Self.bytes("/a b/$(c) {user}")
            $0.user = Self.bytes("-x --y")
            $0.arguments = [Self.bytes("{container}"), [], Self.bytes("a b")]
        }
        #expect(
            words == [
                "/bin/enter", "--in=box", "--dir=/a b/$(c) {user}", "-x --y", "{container}", "", "a b",
            ])
    }

    @Test("environment and limits repeat their word")
    func entriesRepeatTheirWord() throws {
        let words = try Self.words("/bin/enter --env={env} -l{rlimit}") {
            $0.environment = [Self.bytes("A=1"), Self.bytes("A=2"), Self.bytes("B=")]
            $0.resourceLimits = [
                .init(resource: "nofile", soft: 1, hard: 2), .init(resource: "core", soft: 0, hard: .max),
            ]
        }
        #expect(
            words == [
                "/bin/enter", "--env=A=2", "--env=B=",
                "--env=POSTERN_SESSION=\(String(repeating: "0", count: 32))",
                "-lnofile=1:2", "-lcore=0:unlimited",
            ])
    }

    @Test("conditional words are there for what was asked for")
    func conditionsHoldForWhatWasAskedFor() throws {
        let words = try Self.words("/bin/enter {tty:--tty} {stdin:-i} {mkdir:a:b}") {
            $0.terminal = .init(type: nil, size: nil)
            $0.stdin = true
            $0.makeDirectory = true
        }
        #expect(words == ["/bin/enter", "--tty", "-i", "a:b"])
    }

    @Test(
        "what nothing takes is refused by name",
        arguments: [
            "container=a", "image=a", "user=a", "group=a", "cwd=/", "cwd=/\0mkdir=1", "env=A=1",
            "rlimit=core=0:0", "oom-score-adj=1",
        ])
    func whatNothingTakesIsRefusedByName(fields: String) throws {
        let request = try OpenRequest(OpenRequest.of().encode() + Self.bytes(fields + "\0"))
        // What mkdir is about is taken here, so that mkdir itself is not.
        let wrap = try #require(Wrap("/bin/enter " + (fields.contains("mkdir") ? "{cwd}" : "{session}")))
        let report = #expect(throws: ErrorReport.self) { try wrap.arguments(for: request) }
        let last = try #require(fields.split(separator: "\0").last)
        #expect(report?.field == String(last.prefix { $0 != "=" }))
        #expect(report?.stage == "policy")
    }

    @Test("the session's id and its name need no placeholder")
    func theSessionAndItsNameAreFree() throws {
        let words = try Self.words("/bin/enter {session} --name={name}") { $0.name = Self.bytes("n") }
        #expect(words == ["/bin/enter", String(repeating: "0", count: 32), "--name=n"])
    }

    @Test(
        "what is no template is refused",
        arguments: [
            "", " ", "enter", "./enter", "/bin/enter {", "/bin/enter {}", "/bin/enter {shell}",
            "/bin/enter {tty}",
            "/bin/enter {tty:}", "/bin/enter x{tty:-t}", "/bin/enter {tty:-t}x", "/bin/enter {user}{group}",
            "/bin/enter {Container}", "/bin/enter {cwd:x}",
        ])
    func whatIsNoTemplateIsNone(text: String) { #expect(Wrap(text) == nil) }
}
