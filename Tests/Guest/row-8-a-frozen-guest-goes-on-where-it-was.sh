#!/usr/bin/env bash
# needs: postern
# timeout: 150
# As a virtual machine that is snapshotted and restored: all of the guest's workers stand still, the connection is gone
# when they go on, and so are those that were tried meanwhile.
. "$(dirname "$0")/sessions.bash"

freeze() {
    echo 1 >"$slice/cgroup.freeze"
    wait_for 'grep -q "^frozen 1" "$slice/cgroup.events"'
}
thaw() { echo 0 >"$slice/cgroup.freeze"; }
serve
open_link link
feed
TARGET=$LINK begin frozen -i --linger 60 -- cat <feed
slice=/sys/fs/cgroup$(systemctl show --property=ControlGroup --value postern.slice)
on_exit thaw
for round in 1 2; do
    echo "before $round" >&9
    wait_for "grep -qx 'before $round' frozen.out"
    freeze
    echo "meanwhile $round" >&9
    connections=$(find link -name '*.up' | wc -l)
    kill -USR1 "$LINK_PID"
    # The client has come back, and nobody answers; in the second round it comes once more.
    wait_for "(( \$(find link -name '*.up' | wc -l) > $connections))"
    [[ $round == 1 ]] || kill -USR1 "$LINK_PID"
    # Time passes, as long as a heartbeat takes and longer.
    sleep 17
    thaw
    wait_for "grep -qx 'meanwhile $round' frozen.out" 20
done
exec 9>&-
client 0
expect_eq 'all' $'before 1\nmeanwhile 1\nbefore 2\nmeanwhile 2' "$(<frozen.out)"
nothing_left 60
