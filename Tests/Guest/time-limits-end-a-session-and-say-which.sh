#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin timed --timeout 1 -- sh -c 'setsid sleep 4242 & sleep 4242'
client 129
expect_eq 'cause' timeout "$(json timed.json cause)"
expect_eq 'id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e09 "$(entry "$SESSION" limit MESSAGE_ID)"
expect_eq 'reason' timeout "$(entry "$SESSION" limit POSTERN_REASON)"
expect_match 'message' 'time was up' "$(<timed.err)"
begin idling --idle 1 -- sh -c 'for i in 1 2 3 4; do sleep 0.5; echo $i; done; sleep 4242'
client 129
expect_eq 'cause' idle "$(json idling.json cause)"
expect_eq 'reason' idle "$(entry "$SESSION" limit POSTERN_REASON)"
expect_eq 'output before' '1 2 3 4' "$(paste -sd' ' idling.out)"
wait_for '[[ -z $(session_processes) ]]'
nothing_left
