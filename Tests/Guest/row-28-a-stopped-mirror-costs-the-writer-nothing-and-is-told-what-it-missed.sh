#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/sessions.bash"

serve
# copy NAME: how long a session takes for 100 MB, in ms; with the mirrors that are there by then
copy() {
    local name=$1 before
    feed
    begin "$name" -i -- cat <feed
    if [[ $name == watched ]]; then
        in_background mirror postern attach --read-only "$TARGET" watched
        mirror=$CLIENT
        in_background follower postern attach --read-only "$TARGET" watched
        follower=$CLIENT
        wait_for '[[ $(member "$(postern status --json "$TARGET" watched)" mirrors) == 2 ]]'
        echo first >&9
        wait_for '[[ $(<mirror.out) == first && $(<follower.out) == first ]]'
        kill -STOP "$mirror"
    fi
    before=$(now_ms)
    cat sent >&9
    wait_for '(($(stat --format=%s "$name.out") >= 100000000))' 60
    took=$(($(now_ms) - before))
    if [[ $name == watched ]]; then
        kill -CONT "$mirror"
        wait_for 'grep -q "bytes were skipped" mirror.err'
    fi
    exec 9>&-
}
head -c 100000000 /dev/urandom >sent
copy alone
alone=$took
copy watched
wait_for '(($(stat --format=%s watched.out) >= 100000006))'
expect_eq 'session' "$SESSION" "$(fields "$SESSION" exit SESSION_ID)"
((took < 3 * alone + 2000)) || fail "it took $took ms, and $alone without mirrors"
cmp <(echo first; cat sent) watched.out || fail 'the writer did not get what it sent'
CLIENT=$follower
client 0
CLIENT=$mirror
client 0
expect_match 'told' 'postern: [0-9]+ bytes were skipped' "$(<mirror.err)"
missed=$(sed -n 's/^postern: \([0-9]*\) bytes were skipped$/\1/p' mirror.err | awk '{ sum += $1 } END { printf "%d", sum }')
expect_eq 'all it got and missed' 100000006 "$((missed + $(stat --format=%s mirror.out)))"
expect_eq 'mirrors in the journal' 2 "$(fields "$SESSION" mirror POSTERN_BY | wc -l)"
nothing_left
