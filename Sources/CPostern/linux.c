// Thin wrappers round Linux calls, structures and macros that Swift does not import.

#define _GNU_SOURCE
#include "CPostern.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

const char *postern_errno_name(int error) { return strerrorname_np(error); }
const char *postern_errno_text(int error) { return strerrordesc_np(error); }

int postern_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
int postern_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

int postern_pipe_capacity(int fd) { return fcntl(fd, F_GETPIPE_SZ); }

int postern_pipe_resize(int fd, int bytes) { return fcntl(fd, F_SETPIPE_SZ, bytes); }

int postern_bytes_readable(int fd) {
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) < 0 ? -1 : bytes;
}

int postern_poll_one(int fd, short events, int milliseconds) {
    struct pollfd entry = {.fd = fd, .events = events};
    int ready = poll(&entry, 1, milliseconds);
    return ready <= 0 ? ready : entry.revents;
}

int postern_limits_get(int32_t resource, uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0) return -1;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}

// ---- signals

static sigset_t set_of(uint64_t mask) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal = 1; signal <= 64; signal++)
        if (mask & (1ULL << (signal - 1))) sigaddset(&set, signal);
    return set;
}

int postern_signalfd(uint64_t mask) {
    sigset_t set = set_of(mask);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) {
        errno = error;
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int postern_signalfd_next(int fd, struct postern_siginfo *info) {
    struct signalfd_siginfo raw;
    ssize_t length;
    do length = read(fd, &raw, sizeof raw);
    while (length < 0 && errno == EINTR);
    if (length < 0) return errno == EAGAIN ? 0 : -1;
    *info = (struct postern_siginfo){
        .signal = (int32_t)raw.ssi_signo, .code = raw.ssi_code, .pid = (int32_t)raw.ssi_pid, .uid = raw.ssi_uid};
    return 1;
}

int postern_signal_min_realtime(void) { return SIGRTMIN; }
int postern_signal_max_realtime(void) { return SIGRTMAX; }

int postern_raise_default(int signal) {
    struct sigaction plain = {.sa_handler = SIG_DFL}, former;
    sigset_t one, mask;
    sigemptyset(&one);
    sigaddset(&one, signal);
    // SIGKILL and SIGSTOP have no action to set.
    int set = sigaction(signal, &plain, &former) == 0;
    pthread_sigmask(SIG_UNBLOCK, &one, &mask);
    int result = raise(signal);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (set) sigaction(signal, &former, NULL);
    return result == 0 ? 0 : -1;
}

int postern_signal_ignore(int signal, int ignored) {
    struct sigaction action = {.sa_handler = ignored ? SIG_IGN : SIG_DFL};
    return sigaction(signal, &action, NULL);
}

// ---- processes

int postern_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int postern_pidfd_ended(int pidfd) {
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return -1;
    return info.si_pid != 0;
}

int postern_pidfd_reap(int pidfd, struct postern_exit *status) {
    siginfo_t info;
    struct rusage usage;
    memset(&info, 0, sizeof info);
    memset(&usage, 0, sizeof usage);
    // The system call, not glibc's waitid, fills in the child's resource usage.
    while (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, &usage) < 0)
        if (errno != EINTR) return -1;
    *status = (struct postern_exit){
        .signalled = info.si_code != CLD_EXITED,
        .value = info.si_status,
        .core = info.si_code == CLD_DUMPED,
        .cpu_microseconds = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000U +
                            (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
        .max_resident_bytes = (uint64_t)usage.ru_maxrss * 1024U,
    };
    return 0;
}

// ---- files and cgroups

int postern_is_cgroup2(const char *path) {
    struct statfs info;
    return statfs(path, &info) == 0 && info.f_type == 0x63677270;  // CGROUP2_SUPER_MAGIC
}

int postern_make_directory(const char *path, uint32_t mode) { return mkdir(path, mode); }
ssize_t postern_getrandom(void *bytes, size_t length) { return getrandom(bytes, length, 0); }
int postern_open(const char *path, int flags, uint32_t mode) { return open(path, flags, mode); }
ssize_t postern_getdents(int directory, void *entries, size_t length) { return getdents64(directory, entries, length); }

int postern_openat(int directory, const char *path, int flags, uint32_t mode) {
    return openat(directory, path, flags, mode);
}

// ---- terminals

int postern_window_set(int fd, uint16_t rows, uint16_t columns, uint16_t xpixel, uint16_t ypixel) {
    struct winsize size = {.ws_row = rows, .ws_col = columns, .ws_xpixel = xpixel, .ws_ypixel = ypixel};
    return ioctl(fd, TIOCSWINSZ, &size);
}

int postern_window_get(int fd, uint16_t size[4]) {
    struct winsize window;
    if (ioctl(fd, TIOCGWINSZ, &window) < 0) return -1;
    size[0] = window.ws_row;
    size[1] = window.ws_col;
    size[2] = window.ws_xpixel;
    size[3] = window.ws_ypixel;
    return 0;
}

int postern_pty_open(uint16_t rows, uint16_t columns, uint16_t xpixel, uint16_t ypixel, int *master, int *slave,
                     int *number, const char **call) {
    *master = *slave = -1;
    *call = "posix_openpt";
    if ((*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) < 0) return -1;
    *call = "unlockpt";
    if (unlockpt(*master) < 0) goto fail;
    *call = "TIOCGPTN";
    if (ioctl(*master, TIOCGPTN, number) < 0) goto fail;
    // Not open("/dev/pts/N"): another mount namespace may have put another devpts there.
    *call = "TIOCGPTPEER";
    if ((*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) goto fail;
    *call = "TIOCSWINSZ";
    if (postern_window_set(*master, rows, columns, xpixel, ypixel) < 0) goto fail;
    struct termios modes;
    *call = "tcgetattr";
    if (tcgetattr(*slave, &modes) < 0) goto fail;
    modes.c_iflag |= IUTF8;
    *call = "tcsetattr";
    if (tcsetattr(*slave, TCSANOW, &modes) < 0) goto fail;
    return 0;
fail:;
    int error = errno;
    if (*slave >= 0) close(*slave);
    close(*master);
    errno = error;
    return -1;
}
