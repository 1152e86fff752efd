import ArgumentParser
import PosternSys

/// The host's command line.
@main
struct Postern: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "postern",
        abstract: "Sessions in Linux guests, without network, sshd or keys",
        discussion: """
            TARGET says where the guest is reached:
              vsock:CID[:PORT]         a virtual machine (port 722 unless given)
              vsock-mux:/PATH[:PORT]   the host-side socket of Firecracker or Cloud Hypervisor
              unix:/PATH               a unix socket, of a container or of this machine
            """,
        version: "postern \(version)",
        subcommands: [Exec.self])

    static func main() {
        do {
            var command = try parseAsRoot(try ByteText.arguments())
            try command.run()
        } catch let code as ExitCode {
            Process.exit(code.rawValue)
        } catch {
            // Help and version are "errors" that succeed; everything else on the command line is 125, so that
            // no exit code of a command can be mistaken for it.
            let text = message(for: error)
            if exitCode(for: error) == .success {
                print(fullMessage(for: error))
                Process.exit(0)
            }
            StandardError.write("Error: \(text)\nSee 'postern exec --help'\n")
            Process.exit(125)
        }
    }
}
