#!/usr/bin/env bash
# Sessions rely on cgroup.kill and on delegation; a guest without them would make other tests pass for no reason.
. "$(dirname "$0")/lib.sh"

expect_eq 'file system' cgroup2fs "$(stat --file-system --format=%T /sys/fs/cgroup)"
systemd-run --quiet --unit=kill-me --property=Delegate=yes --property=KillMode=mixed sleep infinity
group=/sys/fs/cgroup/system.slice/kill-me.service
mkdir "$group/session"
setsid sleep infinity &
echo $! >"$group/session/cgroup.procs"
echo 1 >"$group/session/cgroup.kill"
expect_code 137 wait $!
systemctl stop kill-me
wait_for '[[ ! -d /sys/fs/cgroup/system.slice/kill-me.service ]]'
