// What the guest's /proc and cgroups tell.
#pragma once
#include <sys/types.h>

struct memory {
    // Anonymous is what a process has for itself: on a disk Private_Dirty says the same, but a guest's files may be in a
    // tmpfs, whose pages are dirty even where nobody wrote to them. In KiB.
    double anonymous, pss;
};

// Of all that stand between a session's command and systemd: its worker; of ssh, both of sshd's processes.
struct memory memory_above(pid_t pid);
double cpu_ms_above(pid_t pid);

// CPU time of a cgroup since it was made; of PID 1 and the journal's daemon.
double cgroup_cpu_ms(const char *path);
double manager_cpu_ms(void);
