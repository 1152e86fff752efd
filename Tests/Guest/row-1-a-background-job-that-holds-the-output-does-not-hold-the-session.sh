#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
for mode in '' -t; do
    before=$(now_ms)
    # shellcheck disable=SC2086  # one option or none
    expect_code 0 timeout 10 postern exec $mode "$TARGET" sh -c 'yes & sleep 4242 & exit 0' >/dev/null
    took=$(($(now_ms) - before))
    ((took < 2000)) || fail "with '$mode' the session ended after $took ms"
    # What is left in the cgroup dies with the session.
    no_units_left 3
    expect_eq 'processes' '' "$(session_processes)$(pgrep -x yes || :)"
done
nothing_left
