import ArgumentParser
import PosternClient
import PosternSys
import PosternWire

/// The host's command line.
@main
struct Postern {
    static let version = "0.1.0"

    static func main() {
        do {
            var streams = try StandardStreams.inherited()
            let words = try ByteText.arguments()
            switch words.first.map({ ByteText.encode($0) }) {
            case "exec":
                let exec = ExecWords(Array(words.dropFirst()))
                if exec.asksForHelp { show(HelpText.exec) }
                let (command, request) = try Exec.request(from: exec)
                Process.exit(try command.run(request, on: &streams))
            case "--version", "version": show("postern \(version)")
            case "--help", "-h", "help":
                show(words.dropFirst().first == Array("exec".utf8) ? HelpText.exec : HelpText.postern)
            case nil: refuse("which command?", see: "postern --help")
            case let other?:
                let shown = Text.printable(ByteText.decode(other))
                refuse("'\(shown)' is no command of postern", see: "postern --help")
            }
        } catch let error as UsageError {
            refuse(error.description, see: "postern exec --help")
        } catch let error as TargetError {
            refuse(error.description, see: "postern exec --help")
        } catch let error as SysError {
            refuse(error.description, see: nil)
        } catch {
            refuse(Exec.message(for: error), see: "postern exec --help")
        }
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
