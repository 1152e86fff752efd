import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

/// The host's command line.
@main
struct Postern {
    static let version = "0.1.0"

    /// All but `exec`, by their names.
    private static let verbs: [(name: String, verb: any Verb.Type)] = [
        ("attach", Attach.self), ("ps", List.self), ("status", Status.self), ("logs", Logs.self),
        ("kill", Kill.self), ("rm", Remove.self), ("wait", Wait.self),
    ]

    static func main() {
        let words: [[UInt8]]
        var streams: StandardStreams
        do throws(SysError) {
            streams = try StandardStreams.inherited()
            words = try ByteText.arguments()
        } catch {
            refuse(error.description, see: nil)
        }
        let name = words.first.map { ByteText.encode($0) }
        let verb = verbs.first { $0.name == name }?.verb
        let rest = Array(words.dropFirst())
        do {
            switch name {
            case _ where verb?.asksForHelp(rest) == true: show(verb?.help ?? HelpText.postern)
            case _ where verb != nil:
                guard let code = try verb?.perform(rest, on: &streams) else { break }
                Process.exit(code)
            case "exec":
                let exec = ExecWords(rest)
                if exec.asksForHelp { show(HelpText.exec) }
                Process.exit(try Exec.perform(exec, on: &streams))
            case "--version", "version": show("postern \(version)")
            case "--help", "-h", "help": show(help(rest.first))
            case nil: refuse("which command?", see: "postern --help")
            case let other?: refuse("'\(other)' is no command of postern", see: "postern --help")
            }
        } catch {
            let problem =
                switch error {
                case let error as UsageError: error.description
                case let error as TargetError: error.description
                case let error as SysError: error.description
                case let error as InquiryError: error.description
                default: verb?.message(for: error) ?? Exec.message(for: error)
                }
            // What the guest or the kernel said is no matter of options.
            let isUsage = !(error is SysError || error is InquiryError)
            refuse(problem, see: isUsage ? "postern \(name ?? "") --help" : nil)
        }
    }

    private static func help(_ topic: [UInt8]?) -> String {
        let name = topic.map { ByteText.encode($0) }
        if name == "exec" { return HelpText.exec }
        return verbs.first { $0.name == name }?.verb.help ?? HelpText.postern
    }

    private static func show(_ text: String) -> Never {
        print(text)
        Process.exit(0)
    }

    /// 125, as for every failure of ours: a command's own exit codes must not be mistaken for it.
    private static func refuse(_ problem: String, see help: String?) -> Never {
        let text = Text.printable(ByteText.decode(problem))
        StandardError.write("Error: \(text)\n" + (help.map { "See '\($0)'\n" } ?? ""))
        Process.exit(PosternClient.ExitCode.failure.rawValue)
    }
}
