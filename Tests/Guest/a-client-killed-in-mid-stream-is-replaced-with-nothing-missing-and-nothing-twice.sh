#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
seq 20000000 >sent
feed
begin torn -i --linger 60 -- cat <feed
cat sent >&9 &
on_exit "kill -KILL $! 2>/dev/null"
wait_for '(($(stat --format=%s torn.out) > 8000000))'
kill -KILL "$CLIENT"
wait_for '[[ $(state torn) == away ]]'
had=$(stat --format=%s torn.out)
held=$(entry "$SESSION" lost POSTERN_INPUT_OFFSET)
((had < 150000000)) || fail 'it was all over before'

# What the next client goes on with is what the session does not hold yet.
feed
in_background next postern attach "$TARGET" torn <feed
wait_for '[[ $(state torn) == attached ]]'
from=$(entry "$SESSION" attach POSTERN_OUTPUT_OFFSET)
expect_eq 'input goes on' "$held" "$(entry "$SESSION" attach POSTERN_INPUT_OFFSET)"
((from <= had)) || fail "the next client begins at $from, and the first had written $had"
head -c $((held + 5000000)) sent | tail -c +$((held + 1)) >&9
exec 9>&-
client 0
cmp <(head -c "$from" torn.out; cat next.out) <(head -c $((held + 5000000)) sent) ||
    fail 'what both clients wrote is not what both have sent'
expect_eq 'input' $((held + 5000000)) "$(entry "$SESSION" exit POSTERN_STDIN_BYTES)"
nothing_left
