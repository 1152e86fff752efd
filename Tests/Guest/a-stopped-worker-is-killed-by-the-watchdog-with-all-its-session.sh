#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

drop_in postern@.service Service WatchdogSec=2s
serve
begin stuck -- sh -c 'setsid sleep 4242 & sleep 4242'
wait_for '(($(session_processes | wc -l) == 2))'
worker=$(systemctl show --property=MainPID --value "$UNIT")
kill -STOP "$worker"
wait_for '[[ -z $(session_processes) ]]' 15
client 125
no_units_left
expect_match 'message' 'connection lost' "$(<stuck.err)"
journalctl --sync
journalctl --quiet --boot --unit="$UNIT" --output=cat | grep -qi 'watchdog' || fail 'the journal does not name the watchdog'
nothing_left
