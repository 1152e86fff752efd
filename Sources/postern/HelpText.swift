/// What `--help` shows, in podman's order: what it does, how it is called, examples, options.
enum HelpText {
    static let postern = """
        Sessions in Linux guests, without network, sshd or keys

        Usage:
          postern [options] COMMAND

        Commands:
          exec        Run a command, or the user's shell, in a guest

        Targets:
          vsock:CID[:PORT]         a virtual machine, port 722 unless given
          vsock-mux:/PATH[:PORT]   the host-side vsock socket of Firecracker or Cloud Hypervisor
          unix:/PATH               a unix socket: of a container, or of this machine

        Options:
          -h, --help      Show this help
              --version   Show the version

        See 'postern exec --help' for its options.
        """

    static let exec = """
        Run a command, or the user's shell, in a guest

        Description:
          Run the specified command in the guest at TARGET, with its output, input and exit status here.
          Options end at TARGET: everything after it belongs to the command. Without COMMAND the user's login
          shell runs.

        Usage:
          postern exec [options] TARGET [--] [COMMAND [ARG...]]

        Examples:
          postern exec -it vsock:3
          postern exec vsock:3 uname -a
          tar c . | postern exec -i -w /srv vsock:3 tar x
          postern exec -it -u alice -e LANG=C unix:/run/postern/postern.sock bash -l

        Options:
              --detach-keys string      Keys that detach the session; "" is none, the default
          -e, --env NAME[=VALUE]        Set an environment variable; NAME alone takes the caller's value
              --env-file file           Read environment variables from a file, one a line
          -h, --help                    Show this help
              --hold-input time         Hold input back until the command's first output, at most this long
              --idle time               End the session when nothing was sent either way for this long
          -i, --interactive             Send stdin to the command; without it the command's stdin is empty
              --json-result file        Write how the session ended to a file, as one JSON object
              --mkdir                   Create the working directory, as the user, when it is missing
              --name string             A name for the session, unique among the living ones
              --no-escape               Do not hang up when ^] is typed three times within a second
              --oom-score-adj int       How likely the guest's OOM killer takes the command, -1000 to 1000
              --operator string         Who asks, for the guest's journal: a claim (default USER@HOST)
              --reason string           Why, for the guest's journal: a claim
              --rlimit NAME=SOFT[:HARD] Set a resource limit, as in nofile=1024:4096; "unlimited" is a value
              --timeout time            End the session after this long: 30, 30s, 5min, 1h
          -t, --tty                     Give the command a terminal
          -u, --user USER[:GROUP]       Run as this user, by name or number
          -w, --workdir dir             Working directory; ~ is the user's home

        Targets:
          vsock:CID[:PORT], vsock-mux:/PATH[:PORT], unix:/PATH

        Exit status:
          The command's own. 125: postern itself failed. 126: the command cannot be run. 127: it was not found.
          128+N: killed by signal N.
        """
}
