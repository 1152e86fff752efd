#!/usr/bin/env bash
# needs: postern
# timeout: 120
# The link is cut with up to 128 KiB under way in it, time and again, and once it stays away for a while.
. "$(dirname "$0")/sessions.bash"

serve
open_link link
head -c 50000000 /dev/urandom >sent
feed
TARGET=$LINK begin torn -i --linger 60 -- sh -c 'tee /dev/stderr' <feed
for part in 0 1 2 3 4; do
    dd if=sent bs=10000000 skip=$part count=1 status=none >&9 &
    writer=$!
    [[ $part != 3 ]] || kill -USR2 "$LINK_PID"
    until ! kill -0 $writer 2>/dev/null || (($(stat --format=%s torn.out) >= part * 10000000 + 4000000)); do
        [[ $part != 3 ]] || break
        sleep 0.01
    done
    if [[ $part == 3 ]]; then
        wait_for '[[ $(state "$SESSION") == away ]]'
        wait_for 'grep -q "connection lost, reconnecting" torn.err'
        kill -USR2 "$LINK_PID"
    else
        kill -USR1 "$LINK_PID"
    fi
    wait "$writer"
done
exec 9>&-
client 0
cmp sent torn.out || fail 'stdout is not what was sent'
# The client's own words came when nothing was under way: they stand between the bytes, in lines of their own.
grep -a -o 'postern: connect[a-z, ]*' torn.err >words
expect_match 'told' 'postern: connection lost, reconnecting.*postern: connected again' "$(tr '\n' ' ' <words)"
sed -z 's/postern: \(connection lost, reconnecting\|connected again\)\n//g' torn.err | cmp - sent || fail 'stderr is not what was sent'

lost=$(fields "$SESSION" lost POSTERN_OUTPUT_OFFSET | wc -l)
((lost >= 3)) || fail "lost only $lost times"
expect_eq 'times it came back' "$lost" "$(fields "$SESSION" resumed POSTERN_OUTPUT_OFFSET | wc -l)"
# What the worker held of the input when it lost the client is what the client goes on after.
expect_eq 'input' "$(fields "$SESSION" lost POSTERN_INPUT_OFFSET)" "$(fields "$SESSION" resumed POSTERN_INPUT_OFFSET)"
paste <(fields "$SESSION" lost POSTERN_OUTPUT_OFFSET) <(fields "$SESSION" resumed POSTERN_OUTPUT_OFFSET) |
    while read -r had wanted; do
        ((wanted >= had)) || fail "the client went on at $wanted, and had said that it has $had"
    done
expect_eq 'ends' 'exit 0' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
nothing_left
