import PosternSession
import PosternSys

/// One session: takes the connection that systemd accepted, and exits when the session's command has. As
/// `postern-worker cleanup`: clears away what a session's worker has left behind.
@main
struct PosternWorker {
    static func main() {
        do throws(PolicyError) {
            let words = CommandLine.arguments
            guard words.count < 2 || words[1] != "cleanup" else {
                Process.exit(Worker.cleanUp(try Policy(arguments: words, first: 2)).rawValue)
            }
            Process.exit(Worker.run(try Policy(arguments: words, first: 1)).rawValue)
        } catch {
            Worker.complain("postern-worker: \(error); see postern-worker(8)")
            Process.exit(Worker.ExitCode.usage.rawValue)
        }
    }
}
