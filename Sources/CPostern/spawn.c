// The code between clone and exec. There the child may call only async-signal-safe functions and allocates nothing:
// Swift's runtime never runs here. It shares our memory, and leaves it as it found it.

#define _GNU_SOURCE
#include "CPostern.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// linux/sched.h clashes with glibc's sched.h, and Debian 11's lacks CLONE_INTO_CGROUP.
#define POSTERN_CLONE_PIDFD 0x00001000ULL
#define POSTERN_CLONE_INTO_CGROUP 0x200000000ULL
#define POSTERN_CLOSE_RANGE_CLOEXEC 4U

struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/// The kernel's own mask type: glibc's sigset calls refuse to touch signals 32 and 33.
static void set_mask(const uint64_t *new, uint64_t *old) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, new, old, sizeof *new);
}

_Noreturn static void fail(int report, int stage, int index) {
    struct postern_failure failure = {.stage = stage, .error = errno, .index = index};
    // Shorter than PIPE_BUF into an empty pipe: written whole or, should the parent be dead, not at all.
    while (write(report, &failure, sizeof failure) < 0 && errno == EINTR) {}
    _exit(127);
}

static int write_file(int directory, const char *path, const char *text, size_t length) {
    int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t written = write(fd, text, length);
    int error = errno;
    close(fd);
    errno = error;
    return written == (ssize_t)length ? 0 : -1;
}

static int write_oom_score_adj(int value) {
    char text[12];
    size_t at = sizeof text;
    unsigned magnitude = value < 0 ? 0U - (unsigned)value : (unsigned)value;
    do text[--at] = (char)('0' + magnitude % 10);
    while (magnitude /= 10);
    if (value < 0) text[--at] = '-';
    return write_file(AT_FDCWD, "/proc/self/oom_score_adj", text + at, sizeof text - at);
}

/// mkdir -p, with the ids and umask the child has by now.
static int make_path(char *path) {
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = 0;
        // EEXIST is what we want; what else is wrong shows up at the last component or in chdir.
        (void)mkdir(path, 0777);
        *at = '/';
    }
    return mkdir(path, 0777) < 0 && errno != EEXIST ? -1 : 0;
}

static void reset_signals(void) {
    // Larger than the kernel's sigaction on every architecture; all zero is SIG_DFL, no flags, empty mask.
    const unsigned long zero[8] = {0};
    for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, zero, NULL, sizeof(uint64_t));
}

/// Everything from descriptor 3 up leaves at exec; the report pipe must live until then.
static void close_on_exec(rlim_t highest) {
    if (syscall(SYS_close_range, 3U, ~0U, POSTERN_CLOSE_RANGE_CLOEXEC) == 0) return;
    // Before Linux 5.11 (Debian 11 has 5.10). Goes when that kernel does.
    for (int fd = 3; fd < (int)highest; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

_Noreturn static void child(const struct postern_spawn *spec, int report, int join_cgroup, rlim_t highest) {
    // Nothing of ours may sit on 0-2, or the dup2 below would close it.
    if (report < 3 && (report = fcntl(report, F_DUPFD_CLOEXEC, 3)) < 0) _exit(127);

    if (join_cgroup && write_file(spec->cgroup, "cgroup.procs", "0", 1) < 0) fail(report, POSTERN_STAGE_CGROUP, 0);

    if (setsid() < 0) fail(report, POSTERN_STAGE_SESSION, 0);

    int stdio[3];
    for (int i = 0; i < 3; i++) {
        stdio[i] = spec->stdio[i];
        if (stdio[i] < 3 && (stdio[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3)) < 0) fail(report, POSTERN_STAGE_STDIO, i);
    }
    for (int i = 0; i < 3; i++)
        if (dup2(stdio[i], i) < 0) fail(report, POSTERN_STAGE_STDIO, i);
    if (spec->has_terminal && ioctl(0, TIOCSCTTY, 0) < 0) fail(report, POSTERN_STAGE_TERMINAL, 0);

    // The score first: opening its file needs a descriptor, which RLIMIT_NOFILE may forbid. Both before the
    // uid changes: lowering a score and raising a limit need root.
    if (spec->has_oom_score_adj && write_oom_score_adj(spec->oom_score_adj) < 0) fail(report, POSTERN_STAGE_OOM, 0);
    for (size_t i = 0; i < spec->limit_count; i++) {
        struct rlimit limit = {.rlim_cur = spec->limits[i].soft, .rlim_max = spec->limits[i].hard};
        if (setrlimit((__rlimit_resource_t)spec->limits[i].resource, &limit) < 0)
            fail(report, POSTERN_STAGE_RLIMIT, (int)i);
    }

    // Raw calls: glibc's wrappers would signal other threads, which a forked child does not have.
    if (spec->has_credentials) {
        if (syscall(SYS_setgroups, spec->group_count, spec->groups) < 0) fail(report, POSTERN_STAGE_GROUPS, 0);
        if (syscall(SYS_setresgid, spec->gid, spec->gid, spec->gid) < 0) fail(report, POSTERN_STAGE_GID, 0);
        if (syscall(SYS_setresuid, spec->uid, spec->uid, spec->uid) < 0) fail(report, POSTERN_STAGE_UID, 0);
    }

    umask(022);
    if (spec->directory) {
        if (spec->make_directory && make_path(spec->directory) < 0) fail(report, POSTERN_STAGE_MKDIR, 0);
        if (chdir(spec->directory) < 0) {
            int error = errno;
            if (!spec->fallback || chdir(spec->fallback) < 0) {
                errno = error;
                fail(report, POSTERN_STAGE_CWD, 0);
            }
        }
    }

    reset_signals();
    close_on_exec(highest);
    const uint64_t none = 0;
    set_mask(&none, NULL);

    // As execvpe does: what is not there is skipped, what may not be executed is remembered. A file without
    // a format is reported, not handed to a shell.
    int denied = -1, last = 0;
    errno = ENOENT;
    for (int i = 0; spec->programs[i]; i++) {
        last = i;
        execve(spec->programs[i], (char *const *)spec->argv, (char *const *)spec->envp);
        if (errno == EACCES) {
            if (denied < 0) denied = i;
        } else if (errno != ENOENT && errno != ENOTDIR) {
            fail(report, POSTERN_STAGE_EXEC, i);
        }
    }
    if (denied >= 0) {
        errno = EACCES;
        last = denied;
    }
    fail(report, POSTERN_STAGE_EXEC, last);
}

/// clone3(2), for flags that make the child run in our memory and on our stack, as vfork(2)'s does, while we wait for
/// its execve. Copying the page tables of a process that is about to be replaced, and then every page that either writes
/// to, costs more than all else that is done here. The child's calls overwrite the stack below our caller's frame, this
/// function's return address with it: that is kept in a register, which each of the two has for itself. Returns what
/// the kernel does.
__attribute__((returns_twice)) long postern_vfork3(struct clone_arguments *arguments, size_t size);
__asm__(".text\n.globl postern_vfork3\n.hidden postern_vfork3\n.type postern_vfork3, %function\npostern_vfork3:\n"
#if defined(__x86_64__)
        "endbr64\npopq %rdx\nmovl $435, %eax\nsyscall\npushq %rdx\nret\n"
#elif defined(__aarch64__)
        "hint #34\nmov x8, #435\nsvc #0\nret\n"
#endif
        ".size postern_vfork3, . - postern_vfork3\n");

int postern_spawn(const struct postern_spawn *spec, int32_t *pid, int32_t *pidfd, struct postern_failure *failure) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
        *failure = (struct postern_failure){.stage = POSTERN_STAGE_FORK, .error = errno};
        return -1;
    }
    struct rlimit descriptors = {.rlim_cur = 1024};
    (void)getrlimit(RLIMIT_NOFILE, &descriptors);
    rlim_t highest = descriptors.rlim_cur < 65536 ? descriptors.rlim_cur : 65536;

    // A handler of ours must not run in the child, nor a signal kill it before its mask and actions are set.
    const uint64_t all = ~0ULL;
    uint64_t mask = 0;
    set_mask(&all, &mask);
    int fd = -1, join_cgroup = 0;
    // Kept by the kernel for the memory, which a child that changes its ids makes unreadable to its new user.
    int dumpable = prctl(PR_GET_DUMPABLE);
    struct clone_arguments arguments = {
        .flags = CLONE_VM | CLONE_VFORK | POSTERN_CLONE_PIDFD | (spec->cgroup >= 0 ? POSTERN_CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)&fd,
        .exit_signal = SIGCHLD,
        .cgroup = spec->cgroup >= 0 ? (uint64_t)spec->cgroup : 0,
    };
    // The child goes on in this very frame: until it calls child(), nothing may be written that we need.
    long started = postern_vfork3(&arguments, sizeof arguments);
    if (started == 0) child(spec, report[1], 0, highest);
    if (started == -ENOSYS || started == -EPERM || started == -E2BIG || started == -EINVAL) {
        // No clone3 (before 5.3, or a container's seccomp filter), or a kernel before 5.7 that does not know the cgroup
        // field. clone(2): the pidfd is stored where parent_tid points; x86-64 and arm64 differ only after that
        // argument.
        join_cgroup = spec->cgroup >= 0;
        started = syscall(SYS_clone, POSTERN_CLONE_PIDFD | SIGCHLD, NULL, &fd, NULL, NULL);
        if (started == 0) child(spec, report[1], join_cgroup, highest);
        if (started < 0) started = -errno;
    }
    int error = (int)-started;
    if (dumpable == 1 && prctl(PR_GET_DUMPABLE) != 1) prctl(PR_SET_DUMPABLE, 1);
    set_mask(&mask, NULL);
    close(report[1]);

    if (started < 0) {
        close(report[0]);
        int ours = error == EAGAIN || error == ENOMEM || error == ENOSYS || error == EPERM || spec->cgroup < 0;
        *failure = (struct postern_failure){
            .stage = ours ? POSTERN_STAGE_FORK : POSTERN_STAGE_CGROUP, .error = error};
        return -1;
    }

    ssize_t length;
    do length = read(report[0], failure, sizeof *failure);
    while (length < 0 && errno == EINTR);
    close(report[0]);
    if (length != 0) {
        // Whatever it was, the child is leaving: it wrote its report, or could not.
        if (length != sizeof *failure) *failure = (struct postern_failure){.stage = POSTERN_STAGE_FORK, .error = EPROTO};
        siginfo_t ended;
        while (waitid(P_PIDFD, (id_t)fd, &ended, WEXITED) < 0 && errno == EINTR) {}
        close(fd);
        return -1;
    }
    *pid = (int32_t)started;
    *pidfd = fd;
    return 0;
}
