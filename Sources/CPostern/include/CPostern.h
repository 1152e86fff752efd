// CPostern: libc and Linux as the modules above see them, and the code that may run between fork and exec.
//
// Every function here is thin: it returns what the kernel returned, -1 with errno set on failure, and keeps
// no state. Policy, retries and ownership live in PosternSys.

#ifndef CPOSTERN_H
#define CPOSTERN_H

#ifndef __linux__
#error "Postern runs on Linux only"
#endif
#if !defined(__x86_64__) && !defined(__aarch64__)
#error "Postern supports x86-64 and arm64; check spawn.c's raw clone before adding another"
#endif

// No _GNU_SOURCE here: Swift would see structures that differ from those of its Glibc module.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// ---- What Swift does not import of the headers above ---------------------------------------------------
//
// Nobody imports Glibc, which has some of it: Embedded Swift has no such module, and elsewhere it is one object, which brings
// 130 functions of libm along, to be looked up at every start.

static inline int32_t postern_errno(void) { return errno; }

/// What kind of file a mode is of.
enum postern_format {
    POSTERN_FORMAT_REGULAR = S_IFREG,
    POSTERN_FORMAT_FIFO = S_IFIFO,
    POSTERN_FORMAT_SOCKET = S_IFSOCK,
};
static inline int postern_is(uint32_t mode, enum postern_format format) { return (mode & S_IFMT) == format; }

// ---- spawn.c -----------------------------------------------------------------------------------------

/// Where a start failed. The raw values of PosternSys.SpawnError.Stage.
enum postern_stage {
    POSTERN_STAGE_FORK = 1,
    POSTERN_STAGE_CGROUP,
    POSTERN_STAGE_SESSION,
    POSTERN_STAGE_STDIO,
    POSTERN_STAGE_TERMINAL,
    POSTERN_STAGE_OOM,
    POSTERN_STAGE_RLIMIT,
    POSTERN_STAGE_GROUPS,
    POSTERN_STAGE_GID,
    POSTERN_STAGE_UID,
    POSTERN_STAGE_MKDIR,
    POSTERN_STAGE_CWD,
    POSTERN_STAGE_EXEC,
};

struct postern_rlimit {
    int32_t resource;
    uint64_t soft;
    uint64_t hard;
};

/// Everything the child needs, built before the fork. All memory belongs to the caller and only has to
/// live until postern_spawn returns.
struct postern_spawn {
    const char *const *programs;  ///< paths tried in order, NULL at the end
    const char *const *argv;
    const char *const *envp;
    char *directory;              ///< NULL: stay. Written to (and put back) by the child when make_directory is set.
    const char *fallback;         ///< NULL: none
    int32_t make_directory;
    int32_t stdio[3];
    int32_t has_terminal;         ///< stdio[0] becomes the controlling terminal
    int32_t cgroup;               ///< directory descriptor, or -1
    const struct postern_rlimit *limits;
    size_t limit_count;
    int32_t has_oom_score_adj;
    int32_t oom_score_adj;
    int32_t has_credentials;
    uint32_t uid;
    uint32_t gid;
    const uint32_t *groups;
    size_t group_count;
};

struct postern_failure {
    int32_t stage;
    int32_t error;
    int32_t index;  ///< which rlimit, which descriptor, which program
};

/// Starts a child. Blocks until it has called execve or failed to. Returns 0 and sets *pid and *pidfd
/// (CLOEXEC, the caller's to close), or -1 with *failure set and the child reaped.
int postern_spawn(const struct postern_spawn *spec, int32_t *pid, int32_t *pidfd, struct postern_failure *failure);

// ---- guardian.c --------------------------------------------------------------------------------------

/// Forks the process that puts a terminal back when its owner dies. Returns the owner's end of a
/// SOCK_SEQPACKET pair (CLOEXEC) and sets *pid, or -1.
int postern_guardian_start(int tty, const struct termios *cooked, int32_t *pid);
/// Tells the guardian that `raw` is on the terminal now. Returns 0 or -1.
int postern_guardian_raw(int owner, const struct termios *raw);
/// Tells the guardian that the terminal needs nothing any more. Returns 0 or -1.
int postern_guardian_cooked(int owner);
/// Whether two settings are the same in everything that tcsetattr can set and the kernel keeps.
int postern_termios_equal(const struct termios *a, const struct termios *b);

// ---- linux.c: calls and structures that need _GNU_SOURCE, or that Swift does not import ---------------------------------

const char *postern_errno_name(int error);
const char *postern_errno_text(int error);

int postern_pipe2(int ends[2], int flags);
int postern_fcntl(int fd, int command, int argument);
int postern_pipe_capacity(int fd);
int postern_pipe_resize(int fd, int bytes);
int postern_bytes_readable(int fd);
int postern_poll_one(int fd, short events, int milliseconds);

int postern_limits_get(int32_t resource, uint64_t *soft, uint64_t *hard);

struct postern_siginfo {
    int32_t signal;
    int32_t code;
    int32_t pid;
    uint32_t uid;
};
/// Blocks the signals of `mask` (bit n-1 is signal n) and opens a signalfd for them. Descriptor or -1.
int postern_signalfd(uint64_t mask);
/// 1: *info filled, 0: nothing pending, -1: errno.
int postern_signalfd_next(int fd, struct postern_siginfo *info);
int postern_signal_min_realtime(void);
int postern_signal_max_realtime(void);
/// Sets the default action, unblocks and raises `signal` in this thread, then puts mask and action back.
int postern_raise_default(int signal);
/// Sets SIG_IGN or SIG_DFL.
int postern_signal_ignore(int signal, int ignored);

int postern_pidfd_send_signal(int pidfd, int signal);
struct postern_exit {
    int32_t signalled;  ///< 0: exited with `value`, 1: killed by signal `value`
    int32_t value;
    int32_t core;
    uint64_t cpu_microseconds;
    uint64_t max_resident_bytes;
};
/// 1 when the process of `pidfd` has ended (and stays a zombie), 0 when it lives, -1: errno.
int postern_pidfd_ended(int pidfd);
/// Waits for and reaps the process of `pidfd`. 0 or -1.
int postern_pidfd_reap(int pidfd, struct postern_exit *status);

int postern_pty_open(uint16_t rows, uint16_t columns, uint16_t xpixel, uint16_t ypixel, int *master, int *slave,
                     int *number, const char **call);
int postern_window_set(int fd, uint16_t rows, uint16_t columns, uint16_t xpixel, uint16_t ypixel);
int postern_window_get(int fd, uint16_t size[4]);

int postern_connect_unix(const char *path, size_t length, int type, const char **call);
/// reserved: bind a source port below 1024 where the kernel lets us. The socket is nonblocking, becomes writable when the
/// connection stands or failed, at the latest after so many milliseconds, and SO_ERROR tells which.
int postern_connect_vsock(uint32_t cid, uint32_t port, int reserved, unsigned milliseconds, const char **call);
int postern_listen_unix(const char *path, size_t length, int type);
int postern_accept(int fd);
int postern_socketpair(int ends[2], int type);
struct postern_ucred {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};
int postern_peer_ucred(int fd, struct postern_ucred *peer);
/// Family of the peer's address, or -1; *cid and *port are set for AF_VSOCK.
int postern_peer_address(int fd, uint32_t *cid, uint32_t *port);
/// SOL_SOCKET integer option, or -1.
int postern_socket_option(int fd, int option);
int postern_family_vsock(void);
/// Sends three parts, the last of which may be empty, as one; never blocks. Bytes or -1.
ssize_t postern_send_parts(int socket, const void *head, size_t head_length, const void *first, size_t first_length,
                           const void *second, size_t second_length);
/// Sends `length` bytes with one descriptor. Bytes or -1.
ssize_t postern_send_fd(int socket, const void *bytes, size_t length, int fd);
/// Receives bytes and at most one descriptor (CLOEXEC; *fd is -1 without). Bytes or -1.
ssize_t postern_receive_fd(int socket, void *bytes, size_t length, int *fd);

/// 1 when `path` is on a cgroup2 file system, else 0.
int postern_is_cgroup2(const char *path);
int postern_make_directory(const char *path, uint32_t mode);
ssize_t postern_getrandom(void *bytes, size_t length);
int postern_open(const char *path, int flags, uint32_t mode);
int postern_openat(int directory, const char *path, int flags, uint32_t mode);
/// What getdents64(2) gives of each name: struct linux_dirent64.
struct postern_entry {
    uint64_t inode;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[1];
};
/// Bytes, 0 at the end, or -1.
ssize_t postern_getdents(int directory, void *entries, size_t length);
static inline const char *postern_entry_name(const struct postern_entry *entry) { return entry->name; }

#endif
