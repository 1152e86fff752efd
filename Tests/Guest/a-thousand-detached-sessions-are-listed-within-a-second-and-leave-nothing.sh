#!/usr/bin/env bash
# needs: postern
# timeout: 400
. "$(dirname "$0")/sessions.bash"

count=1000
options "POSTERN_OPTIONS=--keep-ended=$((count / 2))"
serve
nothing_left
postern exec "$TARGET" true
nothing_left
forget_ended
descriptors() { find /proc/1/fd -mindepth 1 -maxdepth 1 | wc -l; }
before=$(descriptors)
# A worker that was killed leaves its note until the next boot.
noted() { ls /var/lib/postern/postern 2>/dev/null || :; }
noted=$(noted)
on_exit "systemctl stop 'postern@*.service'"
seq $count | xargs -P 8 -n 50 bash -c 'for n; do postern exec -d --name "many-$n" "$TARGET" sleep 4242 || exit 255; done' many >ids
expect_eq 'sessions' $count "$(sort -u ids | wc -l)"

# listed SECONDS: all of them, and how quickly; a machine with other things to do may need a second look
listed() {
    local began took
    for _ in 1 2 3; do
        began=$(now_ms)
        postern ps "$TARGET" >list
        took=$(($(now_ms) - began))
        echo "ps took $took ms"
        (($(wc -l <list) == count + 1)) || fail "$(wc -l <list) lines of ps"
        ((took >= $1 * 1000 * ${SLOW:-1})) || return 0
    done
    fail "ps took $took ms"
}
kept() { find /run/postern/postern/ended -type f | wc -l; }
listed 1
expect_eq 'states' "$count detached" "$(awk 'NR > 1 { print $6 }' list | sort | uniq -c | awk '{ print $1, $2 }')"

# Two workers that stand still hold the list up for a moment, and are called what they are.
stuck=()
for n in 1 $count; do
    pid=$(member "$(postern status --json "$TARGET" "many-$n")" pid)
    worker=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
    kill -STOP "$worker"
    stuck+=("$worker")
done
listed 2
expect_eq 'silent' $'many-1\nmany-'$count "$(awk '$6 == "silent" { print $2 }' list | sort -V)"
kill -CONT "${stuck[@]}"

# Half of them end by themselves: as many are kept as may be. The others are removed.
half=$((count / 2))
sed -n "1,$((half + 50))p" ids | xargs -P 4 -n 50 postern kill -s KILL "$TARGET" >/dev/null
wait_for '(($(kept) == half && $(units | wc -l) == count - half - 50))' 60
sed -n "$((half + 51)),\$p" ids | xargs -P 4 -n 50 postern rm "$TARGET" >/dev/null
no_units_left 60
expect_eq 'kept' $half "$(kept)"
expect_eq 'listed' $half "$(postern ps -q "$TARGET" | wc -l)"
# Ten minutes later the next worker clears them away.
find /run/postern/postern/ended -type f -exec touch -d '-11 minutes' {} +
expect_eq 'listed after the retention' '' "$(postern ps -q "$TARGET")"
expect_eq 'files' ended "$(ls /run/postern/postern)"
expect_eq 'ended' '' "$(ls /run/postern/postern/ended)"
expect_eq 'noted' "$noted" "$(noted)"
nothing_left 30
# systemd may cache one or the other, never one a session.
after=$(descriptors)
((after <= before + 2)) || fail "systemd has $after descriptors open, $before before"
