#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin stopped -- sh -c 'setsid sleep 4242 & sleep 4242'
wait_for '(($(session_processes | wc -l) == 2))'
systemctl stop "$UNIT"
client 125
expect_eq 'processes' '' "$(session_processes)"
expect_match 'message' "unit was stopped" "$(<stopped.err)"
expect_eq 'stage' stop "$(json stopped.json stage)"
expect_eq 'id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e0a "$(entry "$SESSION" stopped MESSAGE_ID)"
expect_eq 'reason' stop "$(entry "$SESSION" stopped POSTERN_REASON)"
nothing_left
