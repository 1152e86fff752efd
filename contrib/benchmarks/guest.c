// See guest.h.
#define _GNU_SOURCE
#include "guest.h"
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *open_of(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

// The number behind a word at the beginning of a line.
static double value_in(FILE *file, const char *word) {
    char line[256];
    size_t length = strlen(word);
    double value = -1;
    while (value < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, word, length) == 0)
            value = strtod(line + length, NULL);
    fclose(file);
    return value;
}

static pid_t parent_of(pid_t pid) {
    FILE *file = open_of(pid, "status");
    if (!file)
        errx(1, "process %d is gone", (int)pid);
    return (pid_t)value_in(file, "PPid:");
}

struct memory memory_above(pid_t pid) {
    struct memory memory = {0, 0};
    for (pid_t above = parent_of(pid); above > 1; above = parent_of(above)) {
        FILE *file = open_of(above, "smaps_rollup");
        if (!file)
            err(1, "smaps_rollup");
        memory.pss += value_in(file, "Pss:");
        memory.anonymous += value_in(open_of(above, "smaps_rollup"), "Anonymous:");
    }
    return memory;
}

// In ns, of a process with one thread.
static double cpu_of(pid_t pid) {
    double ns = 0;
    FILE *file = open_of(pid, "schedstat");
    if (!file || fscanf(file, "%lf", &ns) != 1)
        err(1, "schedstat of %d", (int)pid);
    fclose(file);
    return ns / 1e6;
}

double cpu_ms_above(pid_t pid) {
    double ms = 0;
    for (pid_t above = parent_of(pid); above > 1; above = parent_of(above))
        ms += cpu_of(above);
    return ms;
}

double cgroup_cpu_ms(const char *path) {
    char name[256];
    snprintf(name, sizeof name, "/sys/fs/cgroup/%s/cpu.stat", path);
    FILE *file = fopen(name, "re");
    if (!file)
        err(1, "%s", name);
    return value_in(file, "usage_usec ") / 1e3;
}

double manager_cpu_ms(void) {
    return cgroup_cpu_ms("init.scope") + cgroup_cpu_ms("system.slice/systemd-journald.service");
}

static const char *const stations[] = {"/sys/fs/cgroup/bench-here", "/sys/fs/cgroup/bench-there"};

static void move_on(void) {
    int doors[2];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/cgroup.procs", stations[i]);
        doors[i] = open(path, O_WRONLY | O_CLOEXEC);
        if (doors[i] < 0)
            err(1, "%s", path);
    }
    for (int i = 0;; i = !i) {
        // 0 is who writes it.
        if (write(doors[i], "0", 1) != 1)
            err(1, "%s", stations[i]);
        usleep(4000);
    }
}

void keep_moving(bool on) {
    static pid_t mover;
    if (on) {
        for (int i = 0; i < 2; i++)
            mkdir(stations[i], 0755);
        mover = fork();
        if (mover < 0)
            err(1, "fork");
        if (mover == 0)
            move_on();
        return;
    }
    int status;
    kill(mover, SIGKILL);
    if (waitpid(mover, &status, 0) != mover || !WIFSIGNALED(status))
        errx(1, "nothing has moved between cgroups");
    for (int i = 0; i < 2; i++)
        if (rmdir(stations[i]) < 0)
            err(1, "%s", stations[i]);
}
