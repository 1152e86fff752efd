#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin full --operator 'eve@desk' --reason 'ticket 7' -i -w /tmp -u alice -- sh -c 'cat; echo err >&2; exit 3' <<<'four'
client 3
invocation=$(entry "$SESSION" started POSTERN_INVOCATION_ID)
expect_match 'invocation' '^[0-9a-f]{32}$' "$invocation"
for event in started exit; do
    expect_eq "$event name" full "$(entry "$SESSION" $event POSTERN_NAME)"
    expect_eq "$event session" "$SESSION" "$(entry "$SESSION" $event POSTERN_SESSION)"
    expect_eq "$event operator" eve@desk "$(entry "$SESSION" $event POSTERN_CLAIMED_OPERATOR)"
    expect_eq "$event reason" 'ticket 7' "$(entry "$SESSION" $event POSTERN_CLAIMED_REASON)"
    expect_eq "$event user" alice "$(entry "$SESSION" $event USER_ID)"
    expect_eq "$event directory" /tmp "$(entry "$SESSION" $event POSTERN_CWD)"
    expect_eq "$event command" "sh -c 'cat; echo err >&2; exit 3'" "$(entry "$SESSION" $event POSTERN_COMMAND)"
    expect_match "$event peer" '^unix:uid=0,pid=[0-9]+$' "$(entry "$SESSION" $event POSTERN_PEER)"
    expect_eq "$event unit" "$UNIT" "$(entry "$SESSION" $event _SYSTEMD_UNIT)"
    expect_eq "$event own unit" "$UNIT" "$(entry "$SESSION" $event POSTERN_UNIT)"
    expect_eq "$event invocation" "$invocation" "$(entry "$SESSION" $event POSTERN_INVOCATION_ID)"
    expect_eq "$event priority" 5 "$(entry "$SESSION" $event PRIORITY)"
    expect_eq "$event identifier" postern "$(entry "$SESSION" $event SYSLOG_IDENTIFIER)"
    expect_match "$event leader" '^[0-9]+$' "$(entry "$SESSION" $event LEADER)"
done
expect_eq 'started id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e01 "$(entry "$SESSION" started MESSAGE_ID)"
expect_eq 'exit id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e06 "$(entry "$SESSION" exit MESSAGE_ID)"
expect_eq 'outcome' 'exit 3' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
expect_eq 'stdin bytes' 5 "$(entry "$SESSION" exit POSTERN_STDIN_BYTES)"
expect_eq 'stdout bytes' 5 "$(entry "$SESSION" exit POSTERN_STDOUT_BYTES)"
expect_eq 'stderr bytes' 4 "$(entry "$SESSION" exit POSTERN_STDERR_BYTES)"
expect_match 'duration' '^[1-9][0-9]*$' "$(entry "$SESSION" exit POSTERN_DURATION_USEC)"

begin terminal -t -- tty
client 0
expect_match 'terminal' '^/dev/pts/[0-9]+$' "$(entry "$SESSION" started POSTERN_TTY)"
expect_eq 'what the command saw' "$(entry "$SESSION" exit POSTERN_TTY)" "$(tr -d '\r' <terminal.out)"
