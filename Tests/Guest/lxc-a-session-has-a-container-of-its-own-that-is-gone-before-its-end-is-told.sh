#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/lxc.bash"

serve_lxc
out=$(postern exec "$TARGET" sh -c 'hostname; id; pwd; echo "$HOME $USER $SHELL $container"; tail -n +1 /proc/1/comm; touch /mark; ls /sys/class/net')
expect_match 'inside' $'^postern-[0-9a-f]{16}\nuid=0\\(root\\) gid=0\\(root\\)\n/root\n/root root /bin/sh lxc\ninit\nlo$' "$out"
# systemd may still be about its unit, but the container is gone by now.
expect_eq 'containers after the client' '' "$(ls -A "$containers")"
expect_code 1 postern exec "$TARGET" test -e /mark
no_containers

# Each has its own while both live.
begin one -- sh -c 'echo one >/who; echo up; sleep 4242'
first=$SESSION
begin two -- sh -c 'echo two >/who; echo up; sleep 4242'
wait_for 'grep -q up one.out && grep -q up two.out'
expect_eq 'two containers' "$(printf '%s\n' "postern-${first:0:16}" "postern-${SESSION:0:16}" | sort)" "$(lxc-ls -1 --running | sort)"
expect_eq 'the one' one "$(lxc-attach -n "postern-${first:0:16}" -- /bin/cat /who)"
postern kill -s TERM --scope all "$TARGET" one >/dev/null
postern kill -s TERM --scope all "$TARGET" two >/dev/null
client 143
no_containers
