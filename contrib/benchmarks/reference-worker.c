// The yardstick: the least that a worker in C must do for a session, under the same unit settings.
//
//   request    "tty" or "pipes", then an argument vector; each word is ended by NUL, all of it by one more NUL
//   answer     what the command writes as it comes, then the end of the connection
//
// It is no shell service: it checks no peer, has no protocol, no window and no limit, and with pipes it takes the end of
// the client's stream for the end of stdin. What it has in common with postern-worker is the work that every session
// costs: the connection from systemd, a child on a PTY or on pipes, READY, one journal entry at the start and one at the
// end, a loop that polls, reads up to 64 KiB and writes, and shutdown.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum { REQUEST = 4096, ARGUMENTS = 64, BUFFER = 65536 };

static char buffer[BUFFER];

// Splits the request in place. NULL when the client goes away or asks for too much.
static char **read_request(int connection) {
    static char request[REQUEST];
    static char *arguments[ARGUMENTS];
    size_t length = 0;
    while (length < 2 || request[length - 1] || request[length - 2]) {
        ssize_t count = read(connection, request + length, sizeof request - length);
        if (count <= 0)
            return NULL;
        length += (size_t)count;
    }
    size_t index = 0;
    for (char *at = request; *at && index < ARGUMENTS - 1; at += strlen(at) + 1)
        arguments[index++] = at;
    return arguments;
}

static void write_all(int fd, const char *bytes, ssize_t length) {
    while (length > 0) {
        ssize_t count = write(fd, bytes, (size_t)length);
        if (count < 0 && errno != EINTR)
            return;
        if (count > 0) {
            bytes += count;
            length -= count;
        }
    }
}

// Both ways, until the client is gone, or the child has exited and what it left in the terminal or pipe is read.
// `input` and `output` are ours of the child's; of a terminal they are one. Without a pidfd, which valgrind does not know,
// the end of the output is the child's.
static void relay(int connection, int input, int output, int child) {
    struct pollfd fds[] = {{output, POLLIN, 0}, {connection, POLLIN, 0}, {child, POLLIN, 0}};
    for (;;) {
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (fds[1].revents) {
            ssize_t count = read(connection, buffer, sizeof buffer);
            if (count <= 0 && (input == output || fds[1].revents & POLLHUP))
                return;
            if (count <= 0) {
                close(input);
                fds[1].fd = -1;
            } else {
                write_all(input, buffer, count);
            }
        }
        if (fds[0].revents) {
            // EIO: every slave is closed, which with this worker means that the child is about to end.
            ssize_t count = read(output, buffer, sizeof buffer);
            if (count > 0)
                write_all(connection, buffer, count);
            else if (child < 0)
                return;
            else
                fds[0].fd = -1;
            continue;
        }
        if (fds[2].revents)
            return;
    }
}

// The child on a terminal of its own: forkpty(3).
static pid_t start_on_terminal(char **arguments, int *input, int *output) {
    struct winsize size = {24, 80, 0, 0};
    pid_t pid = forkpty(input, NULL, NULL, &size);
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    *output = *input;
    return pid;
}

// The child on two pipes, its stderr on the second one too.
static pid_t start_on_pipes(char **arguments, int *input, int *output) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        signal(SIGPIPE, SIG_DFL);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *input = in[1];
    *output = out[0];
    return pid;
}

int main(void) {
    if (sd_listen_fds(1) != 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 0) <= 0)
        return 1;
    int connection = SD_LISTEN_FDS_START;
    signal(SIGPIPE, SIG_IGN);
    char **words = read_request(connection);
    if (!words || !words[0] || !words[1])
        return 1;

    int input, output;
    char **arguments = words + 1;
    pid_t pid = (strcmp(words[0], "tty") == 0 ? start_on_terminal : start_on_pipes)(arguments, &input, &output);
    if (pid < 0)
        return 1;
    int child = (int)syscall(SYS_pidfd_open, pid, 0);
    sd_notifyf(0, "READY=1\nSTATUS=Session: %s (%d)", arguments[0], (int)pid);
    sd_journal_send("MESSAGE=Session started (%s)", arguments[0], "PRIORITY=5", "LEADER=%d", (int)pid, NULL);

    relay(connection, input, output, child);
    // A client that left early takes its child along.
    kill(-pid, SIGHUP);

    int status = 0;
    waitpid(pid, &status, 0);
    sd_journal_send("MESSAGE=Session ended, status %d (%s)", status, arguments[0], "PRIORITY=5", "LEADER=%d", (int)pid,
                    NULL);
    // systemd holds a duplicate of the connection until the unit is dead.
    shutdown(connection, SHUT_RDWR);
    return 0;
}
