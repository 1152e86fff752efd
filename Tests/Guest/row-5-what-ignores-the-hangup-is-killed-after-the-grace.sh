#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

options 'POSTERN_OPTIONS=--grace=1'
serve
begin stubborn -- sh -c 'trap "" HUP TERM INT; while :; do sleep 4242; done'
wait_for '[[ $(session_processes) ]]'
before=$(now_ms)
kill -KILL "$CLIENT"
no_units_left
took=$(($(now_ms) - before))
((took >= 900 && took < 4000)) || fail "it took $took ms, not the second of --grace="
expect_eq 'processes' '' "$(session_processes)"
expect_match 'outcome' '^killed by SIGKILL' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
nothing_left
