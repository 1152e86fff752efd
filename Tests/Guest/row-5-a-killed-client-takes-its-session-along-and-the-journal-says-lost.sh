#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin lost -- sh -c 'setsid sleep 4242 & setsid sh -c "trap \"\" HUP TERM; sleep 4242; sleep 4242" & sleep 4242'
wait_for '(($(session_processes | wc -l) == 3))'
before=$(now_ms)
kill -KILL "$CLIENT"
wait_for '[[ -z $(session_processes) ]]' 8
no_units_left 8
(($(now_ms) - before < 8000)) || fail 'more than grace and a second'
expect_eq 'id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e05 "$(entry "$SESSION" lost MESSAGE_ID)"
expect_eq 'priority' 4 "$(entry "$SESSION" lost PRIORITY)"
expect_match 'outcome' '^killed by SIGHUP' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
nothing_left
