import PosternSession
import PosternSys

/// One session: takes the connection that systemd accepted, and exits when the session's command has.
@main
struct PosternWorker {
    static func main() {
        do throws(PolicyError) {
            let policy = try Policy(arguments: CommandLine.arguments, first: 1)
            Process.exit(Worker.run(policy).rawValue)
        } catch {
            Worker.complain("postern-worker: \(error); see postern-worker(8)")
            Process.exit(Worker.ExitCode.usage.rawValue)
        }
    }
}
