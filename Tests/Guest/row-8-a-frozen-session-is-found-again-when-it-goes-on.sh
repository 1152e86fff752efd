#!/usr/bin/env bash
# needs: postern
# timeout: 120
# Only the session stands still: who asks for it meanwhile is told that it does not answer. Its client asks again.
. "$(dirname "$0")/sessions.bash"

serve
open_link link
feed
TARGET=$LINK begin frozen -i --linger 60 -- cat <feed
on_exit "systemctl thaw '$UNIT' 2>/dev/null"
for round in 1 2; do
    echo "before $round" >&9
    wait_for "grep -qx 'before $round' frozen.out"
    systemctl freeze "$UNIT"
    expect_eq 'state' silent "$(state "$SESSION")"
    expect_code 125 postern attach --take-over "$TARGET" frozen 2>err
    expect_match 'told' 'does not answer' "$(<err)"
    echo "meanwhile $round" >&9
    kill -USR1 "$LINK_PID"
    wait_for '(($(find link -name "*.up" | wc -l) >= 3 * round))' 30
    systemctl thaw "$UNIT"
    wait_for "grep -qx 'meanwhile $round' frozen.out" 20
done
exec 9>&-
client 0
expect_eq 'all' $'before 1\nmeanwhile 1\nbefore 2\nmeanwhile 2' "$(<frozen.out)"
nothing_left
