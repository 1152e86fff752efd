#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

options 'POSTERN_OPTIONS=--grace=1'
serve
begin waits --linger 3 -- sh -c 'trap "" HUP; setsid sleep 4242 & echo said; sleep 4242'
wait_for '(($(session_processes | wc -l) == 2)) && [[ -s waits.out ]]'
before=$(now_ms)
kill -KILL "$CLIENT"
wait_for '[[ $(state "$SESSION") == away ]]'
expect_eq 'processes meanwhile' 2 "$(session_processes | wc -l)"
wait_for '[[ -z $(session_processes) ]]'
took=$(($(now_ms) - before))
((took >= 3900 && took < 9000)) || fail "it took $took ms, not --linger and --grace="
no_units_left

expect_eq 'events' $'started\nlost\nexpired\nexit' "$(journal_field POSTERN_EVENT SESSION_ID="$SESSION")"
expect_match 'outcome' '^killed by SIGKILL \(lost\)' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
expect_eq 'state' ended "$(state waits)"
expect_code 137 postern attach "$TARGET" waits >again 2>err
expect_match 'message' 'its client was lost' "$(<err)"
expect_eq 'who took it' "$(fields "$SESSION" collected POSTERN_BY)" "$(entry "$SESSION" collected POSTERN_BY)"
expect_code 125 postern attach "$TARGET" waits 2>err
expect_match 'after that' "no session 'waits'" "$(<err)"
nothing_left
