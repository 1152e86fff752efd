#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin killed -- sh -c 'setsid sleep 4242 & trap "" HUP; sleep 4242'
wait_for '(($(session_processes | wc -l) == 2))'
kill -KILL "$(systemctl show --property=MainPID --value "$UNIT")"
client 125
wait_for '[[ -z $(session_processes) ]]'
expect_match 'message' 'connection lost' "$(<killed.err)"
nothing_left
