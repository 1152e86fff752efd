#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/podman.bash"

serve_podman
feed
begin other --container box -i -- sh -c 'trap "echo hit" USR1 HUP TERM; echo up; read -r x; exit 5' <feed
other=$CLIENT
wait_for 'grep -q up other.out'
in_each_way check_signals
echo >&9
CLIENT=$other
client 5
expect_eq 'the other session' up "$(<other.out)"
as_before
