// What the guest's /proc and cgroups tell.
#pragma once
#include <stdbool.h>
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

// Lets a process move between two cgroups every four milliseconds, or ends it. A kernel that was not started with
// cgroup_favordynmods=1 lets the first process that is moved after a pause wait for a grace period of RCU, two to four
// ticks of its clock, and who comes soon after it does not: systemd moves one for each unit that it starts. Without this, a
// contender's time would say how long ago the one before it came.
void keep_moving(bool on);
