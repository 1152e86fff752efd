#!/usr/bin/env bash
# needs: controllers
. "$(dirname "$0")/lib.sh"

expect_eq 'TasksMax' 7 "$(systemd-run --quiet --pipe --wait --property=TasksMax=7 \
    sh -c 'cat /sys/fs/cgroup/$(cut -d: -f3 /proc/self/cgroup)/pids.max')"
expect_code 137 systemd-run --quiet --pipe --wait --collect --property=MemoryMax=8M --property=MemorySwapMax=0 \
    python3 -c 'b"x" * (64 << 20)'
