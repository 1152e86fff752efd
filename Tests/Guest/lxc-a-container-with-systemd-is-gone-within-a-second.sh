#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/lxc.bash"

serve_lxc
settings default 'rootfs=/'
expect_code 0 postern exec "$TARGET" sh -c 'until [ "$(cat /proc/1/comm)" = systemd ]; do sleep 0.1; done'
# When it is up, too, with all that it runs
begin up -- sh -c 'until [ -S /run/dbus/system_bus_socket ] || [ -e /run/systemd/journal/stdout ]; do sleep 0.1; done; echo up; read -r _; sleep 4242'
wait_for 'grep -q up up.out' 30
start=$(now_ms)
postern kill -s KILL "$TARGET" up >/dev/null
client 137
took=$(($(now_ms) - start))
((took < 1000 * ${SLOW:-1})) || fail "gone after $took ms only"
no_containers
# And one whose init hears nothing, as the first process of a PID namespace without handlers
settings config 'lxc.init.cmd = /bin/sleep infinity'
start=$(now_ms)
expect_code 0 postern exec "$TARGET" true
took=$(($(now_ms) - start))
((took < 2000 * ${SLOW:-1})) || fail "done after $took ms only"
no_containers
