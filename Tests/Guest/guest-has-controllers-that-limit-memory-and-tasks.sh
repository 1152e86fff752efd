#!/usr/bin/env bash
# needs: controllers
. "$(dirname "$0")/lib.sh"

expect_eq 'TasksMax' 7 "$(systemd-run --quiet --pipe --wait --property=TasksMax=7 \
    sh -c 'cat /sys/fs/cgroup/$(cut -d: -f3 /proc/self/cgroup)/pids.max')"
trap 'systemctl reset-failed eat-memory' EXIT
systemd-run --quiet --wait --unit=eat-memory --property=MemoryMax=8M --property=MemorySwapMax=0 \
    python3 -c 'b"x" * (64 << 20)' && fail 'a process got eight times its MemoryMax'
expect_eq 'result' oom-kill "$(systemctl show --property=Result --value eat-memory)"
