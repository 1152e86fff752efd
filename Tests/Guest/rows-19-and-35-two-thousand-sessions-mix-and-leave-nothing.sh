#!/usr/bin/env bash
# needs: postern
# timeout: 300
. "$(dirname "$0")/sessions.bash"

serve
nothing_left
descriptors() { find /proc/1/fd -mindepth 1 -maxdepth 1 | wc -l; }
postern exec "$TARGET" true
nothing_left
before=$(descriptors)
terminals=$(find /dev/pts)
# Other tests may have left results that nobody took.
records() { find /run/postern/postern -type f -o -type s; }
records=$(records)
# Bash inherits the function; xargs counts to 16.
one() {
    local number=$1 mode='' expected="marker-$1" got code
    ((number % 2)) || mode=-t
    # shellcheck disable=SC2086  # one option or none
    got=$(postern exec $mode "$TARGET" sh -c "echo marker-$number; echo marker-$number; exit $((number % 100))")
    code=$?
    [[ ${got//$'\r'/} == "$expected"$'\n'"$expected" && $code == $((number % 100)) ]] || got="wrong: code $code, $got"
    if [[ $got == wrong* ]]; then echo "$number $got"; else echo right; fi
}
export -f one
seq 2000 | xargs -P 16 -n 25 bash -c 'set +e; for number; do one "$number" </dev/null; done' flood >results 2>&1 || :
expect_eq 'sessions that went wrong' '' "$(grep -vx right results | head -n 20 || :)"
expect_eq 'sessions' 2000 "$(wc -l <results)"
nothing_left 30
expect_eq 'records' "$records" "$(records)"
expect_eq 'terminals' "$terminals" "$(find /dev/pts)"
# systemd may cache one or the other, never one a session.
after=$(descriptors)
((after <= before + 2)) || fail "systemd has $after descriptors open, $before before"
