#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

options 'POSTERN_OPTIONS=--grace=1'
serve
forget_ended
id=$(postern exec -d --name work "$TARGET" sh -c 'trap "echo told" USR1; echo out; echo err >&2; while sleep 0.05; do :; done')
expect_match 'what exec -d prints' '^[0-9a-f]{32}$' "$id"
started work
expect_eq 'id' "$SESSION" "$id"
expect_eq 'state' detached "$(state work)"
expect_eq 'ids' "${id:0:12}" "$(postern ps -q "$TARGET")"
expect_match 'table' "^SESSION +NAME +USER +COMMAND .*"$'\n'"${id:0:12} +work +root +sh -c trap" "$(postern ps "$TARGET")"
expect_eq 'JSON' "$id" "$(member "$(postern ps --json "$TARGET")" session)"
expect_match 'status' "Session: $id"$'\n'"Name: work"$'\n'"State: detached" "$(postern status "$TARGET" "${id:0:4}")"

wait_for '[[ $(postern logs "$TARGET" work 2>err) == out && $(<err) == err ]]'
in_background follow postern logs -f "$TARGET" work
expect_eq 'signalled' "${id:0:12}" "$(postern kill -s USR1 --scope leader "$TARGET" work)"
wait_for '[[ $(<follow.out) == $'\''out\ntold'\'' ]]'
expect_eq 'in the journal' SIGUSR1 "$(entry "$id" signal POSTERN_SIGNAL)"
expect_eq 'since' told "$(postern logs --since 8 "$TARGET" work)"
expect_code 125 postern kill -s NONSENSE "$TARGET" work 2>err
expect_match 'no signal' "unknown signal 'NONSENSE'" "$(<err)"

( postern wait "$TARGET" work >waited ) &
waiter=$!
postern kill -s KILL --scope all "$TARGET" work >/dev/null
client 0
wait $waiter
expect_eq 'waited for' 137 "$(<waited)"
no_units_left
expect_eq 'of an ended one' 137 "$(postern wait "$TARGET" work)"
expect_eq 'its output' $'out\ntold' "$(postern logs "$TARGET" work 2>/dev/null)"
expect_match 'its state' 'State: ended \(SIGKILL\)' "$(postern status "$TARGET" work)"
expect_code 125 postern kill "$TARGET" work 2>err
expect_match 'too late' 'has ended already' "$(<err)"
expect_code 137 postern attach "$TARGET" work >out 2>err
expect_eq 'the rest' $'out\ntold' "$(<out)"
expect_code 125 postern rm "$TARGET" work 2>err
expect_match 'collected' "work: no session 'work'" "$(<err)"

# rm hangs up first, and kills after the grace; one that is not there does not keep the others.
detached polite -- sh -c 'trap "exit 0" HUP; while sleep 0.05; do :; done'
detached stubborn -- sh -c 'trap "" HUP TERM; sleep 4242; sleep 4242'
stubborn=$SESSION
expect_code 125 postern rm "$TARGET" polite nobody stubborn >out 2>err
expect_eq 'removed' 2 "$(wc -l <out)"
expect_match 'not removed' "^Error: nobody: no session 'nobody'" "$(<err)"
expect_match 'end' 'killed by SIGKILL \(removed\)' "$(entry "$stubborn" exit POSTERN_OUTCOME)"
expect_match 'journal' 'root' "$(entry "$stubborn" removed POSTERN_BY)"
expect_code 125 postern rm "$TARGET" stubborn 2>err
expect_eq 'sessions' '' "$(postern ps -q "$TARGET")"
nothing_left
