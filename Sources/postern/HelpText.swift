/// What `--help` shows, in podman's order: what it does, how it is called, examples, options.
enum HelpText {
    static let postern = """
        Sessions in Linux guests, without network, sshd or keys

        Usage:
          postern [options] COMMAND

        Commands:
          exec        Run a command, or the user's shell, in a guest
          attach      Go on with a session, or watch it
          ps          List the sessions of a guest
          status      Show one session
          logs        Show a session's output
          kill        Send a signal to sessions
          rm          End sessions, and forget them
          wait        Wait for sessions to end

        Targets:
          vsock:CID[:PORT]         a virtual machine, port 722 unless given
          vsock-mux:/PATH[:PORT]   the host-side vsock socket of Firecracker or Cloud Hypervisor
          unix:/PATH               a unix socket: of a container, or of this machine

        Options:
          -h, --help      Show this help
              --version   Show the version

        See 'postern COMMAND --help' for a command's options.
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
          postern exec -it --linger 1h vsock:3
          postern exec -d --name backup vsock:3 /usr/local/bin/backup

        Options:
              --container name          Run in this container, where the guest's unit knows containers
          -d, --detach                  Start the session, print its id, and leave; `attach` goes on with it
              --detach-keys keys        Keys that leave the session running, as ctrl-p,ctrl-q (default none)
          -e, --env NAME[=VALUE]        Set an environment variable; NAME alone takes the caller's value
              --env-file file           Read environment variables from a file, one a line
          -h, --help                    Show this help
              --hold-input time         Hold input back until the command's first output, at most this long
              --idle time               End the session when nothing was sent either way for this long
          -i, --interactive             Send stdin to the command; without it the command's stdin is empty
              --image string            Run in a new container of this image, thrown away at the end
              --json-result file        Write how the session ended to a file, as one JSON object
              --linger time             How long the session waits when the connection is lost; 0 is the default
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

    static let attach = """
        Go on with a session, or watch it

        Description:
          Show the output of SESSION in the guest at TARGET, from where the last client left, and send it what is
          typed. One client at a time writes; any number may watch. SESSION is an id, the first digits of one, or
          a name.

        Usage:
          postern attach [options] TARGET SESSION

        Examples:
          postern attach vsock:3 backup
          postern attach --detach-keys ctrl-p,ctrl-q vsock:3 4f1c
          postern attach --read-only vsock:3 4f1c

        Options:
              --detach-keys keys   Keys that leave the session running, as ctrl-p,ctrl-q (default none)
          -h, --help               Show this help
              --no-escape          Do not hang up when ^] is typed three times within a second
              --no-stdin           Send nothing that is typed
              --read-only          Watch only, beside whoever writes
              --since offset       Show the output from this offset on, in bytes from the session's start
              --take-over          Take the session from the client that holds it

        Exit status:
          The session's own, as of exec; 0 when it was left running; 125: postern itself failed.
        """

    static let logs = """
        Show a session's output

        Description:
          Show what the guest at TARGET holds of the output of SESSION: the end of it, where there was much.

        Usage:
          postern logs [options] TARGET SESSION

        Examples:
          postern logs vsock:3 backup
          postern logs -f vsock:3 4f1c

        Options:
          -f, --follow         Go on until the session ends
          -h, --help           Show this help
              --since offset   Show the output from this offset on, in bytes from the session's start
        """

    static let ps = """
        List the sessions of a guest

        Usage:
          postern ps [options] TARGET

        Examples:
          postern ps vsock:3
          postern rm vsock:3 $(postern ps -q vsock:3)

        Options:
          -h, --help    Show this help
              --json    Show them as JSON
          -q, --quiet   Show their ids only
        """

    static let status = """
        Show one session

        Usage:
          postern status [options] TARGET SESSION

        Examples:
          postern status vsock:3 backup

        Options:
          -h, --help   Show this help
              --json   Show it as JSON
        """

    static let kill = """
        Send a signal to sessions

        Usage:
          postern kill [options] TARGET SESSION...

        Examples:
          postern kill vsock:3 backup
          postern kill -s KILL --scope all vsock:3 4f1c

        Options:
          -h, --help            Show this help
              --scope string    leader: the command alone; group: its process group; all: every process of the
                                session (default group)
          -s, --signal string   The signal, by name or number (default TERM)
        """

    static let rm = """
        End sessions, and forget them

        Description:
          Hang each SESSION up, kill what is left of it after the guest's grace, and forget its result.

        Usage:
          postern rm TARGET SESSION...

        Examples:
          postern rm vsock:3 backup

        Options:
          -h, --help   Show this help
        """

    static let wait = """
        Wait for sessions to end

        Description:
          Wait for each SESSION in turn, and print its exit code: 128+N when signal N killed it.

        Usage:
          postern wait TARGET SESSION...

        Examples:
          postern wait vsock:3 backup

        Options:
          -h, --help   Show this help
        """
}
