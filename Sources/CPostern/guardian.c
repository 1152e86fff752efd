// The guardian of a terminal: a process that outlives its owner's SIGKILL and puts the terminal back.
// It is forked from Swift and therefore written in C with async-signal-safe calls only.

#define _GNU_SOURCE
#include "CPostern.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// One message of the owner: what the terminal is set to now.
struct message {
    char kind;  // 'R' raw, 'C' cooked
    struct termios modes;
};

int postern_termios_equal(const struct termios *a, const struct termios *b) {
    if (a->c_iflag != b->c_iflag || a->c_oflag != b->c_oflag || a->c_cflag != b->c_cflag || a->c_lflag != b->c_lflag)
        return 0;
    // The kernel keeps 19 control characters; the rest of glibc's array is padding.
    for (int i = 0; i < 19; i++)
        if (a->c_cc[i] != b->c_cc[i]) return 0;
    return 1;
}

_Noreturn static void guard(int tty, int owner, const struct termios *cooked, const sigset_t *mask) {
    // Out of the owner's process group: what the shell sends to the job must not end its guardian.
    (void)setpgid(0, 0);
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) sigaction(ignored[i], &ignore, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    (void)prctl(PR_SET_NAME, "postern-guard");

    // Descriptors 0 and 1 and nothing else: it must not hold a pipe of the owner's pipeline open.
    tty = fcntl(tty, F_DUPFD, 3);
    owner = fcntl(owner, F_DUPFD, 3);
    if (tty < 0 || owner < 0 || dup2(tty, 0) < 0 || dup2(owner, 1) < 0) _exit(1);
    if (syscall(SYS_close_range, 2U, ~0U, 0U) < 0)
        for (int fd = 2; fd < 1024; fd++) close(fd);  // before Linux 5.9

    struct message message, active = {.kind = 'C'};
    for (;;) {
        ssize_t length = read(1, &message, sizeof message);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) break;
        if (length == sizeof message) active = message;
    }
    // The owner is gone. Its modes still on the terminal are ours to undo; anybody else's are not.
    struct termios now;
    if (active.kind == 'R' && tcgetattr(0, &now) == 0 && postern_termios_equal(&now, &active.modes))
        (void)tcsetattr(0, TCSANOW, cooked);
    _exit(0);
}

int postern_guardian_start(int tty, const struct termios *cooked, int32_t *pid) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    // No signal may reach the child before it ignores them.
    sigset_t all, mask;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    pid_t started = (pid_t)fork();
    if (started == 0) {
        close(ends[0]);
        guard(tty, ends[1], cooked, &mask);
    }
    int error = errno;
    // Here as well, so that it has left our group before we go on.
    if (started > 0) (void)setpgid(started, started);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(ends[1]);
    if (started < 0) {
        close(ends[0]);
        errno = error;
        return -1;
    }
    *pid = started;
    return ends[0];
}

static int tell(int owner, const struct message *message) {
    ssize_t sent;
    do sent = send(owner, message, sizeof *message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

int postern_guardian_raw(int owner, const struct termios *raw) {
    struct message message;
    memset(&message, 0, sizeof message);
    message.kind = 'R';
    message.modes = *raw;
    return tell(owner, &message);
}

int postern_guardian_cooked(int owner) {
    struct message message;
    memset(&message, 0, sizeof message);
    message.kind = 'C';
    return tell(owner, &message);
}
