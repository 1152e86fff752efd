#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
detached stopped -- sh -c 'echo said; sleep 4242'
wait_for '[[ $(postern logs "$TARGET" stopped) == said ]]'
systemctl stop "$UNIT"
expect_eq 'state' ended "$(state "$SESSION")"
expect_eq 'cause' stop "$(member "$(postern status --json "$TARGET" "$SESSION")" cause)"
expect_code 129 postern attach "$TARGET" "$SESSION" >out 2>err
expect_eq 'output' said "$(<out)"
expect_match 'message' 'was killed by SIGHUP: the session.s unit was stopped' "$(<err)"
expect_eq 'journal' stop "$(entry "$SESSION" stopped POSTERN_REASON)"
nothing_left
