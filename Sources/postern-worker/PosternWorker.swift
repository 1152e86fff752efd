import CStartup
import PosternSession
import PosternSys

/// One session: takes the connection that systemd accepted, and exits when the session's command has. As
/// `postern-worker cleanup`: clears away what a session's worker has left behind.
@main
struct PosternWorker {
    static func main() {
        do throws(PolicyError) {
            let words = arguments()
            guard words.count < 2 || words[1] != "cleanup" else {
                Process.exit(Worker.cleanUp(try Policy(arguments: words, first: 2)).rawValue)
            }
            Process.exit(Worker.run(try Policy(arguments: words, first: 1)).rawValue)
        } catch {
            Worker.complain("postern-worker: \(error); see postern-worker(8)")
            Process.exit(Worker.ExitCode.usage.rawValue)
        }
    }

    private static func arguments() -> [String] {
        // SAFETY: glibc's, each ended by NUL, all of them by NULL; they stay for as long as the process does.
        var next = unsafe postern_arguments()
        var words: [String] = []
        while let word = unsafe next.pointee {
            words.append(unsafe String(cString: word))
            unsafe next += 1
        }
        return words
    }
}
