#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/lxc.bash"

serve_lxc
for code in 0 1 7 125 255; do expect_code "$code" postern exec "$TARGET" sh -c "exit $code"; done
for signal in TERM KILL INT SEGV; do
    expect_code $((128 + $(kill -l "$signal"))) postern exec "$TARGET" sh -c "kill -$signal \$\$" 2>/dev/null
    expect_code $((128 + $(kill -l "$signal"))) postern exec -t "$TARGET" sh -c "kill -$signal \$\$" >/dev/null 2>&1
done
expect_code 7 postern exec -t "$TARGET" sh -c 'exit 7' </dev/null

# Without a terminal both streams stay apart, byte by byte, and the end of one is heard.
head -c 300000 /dev/urandom >sent
postern exec -i "$TARGET" sh -c 'tee /dev/stderr; echo end >&2' <sent >out 2>err
cmp sent out
{ cat sent; echo end; } | cmp - err
expect_eq 'no stdin' '' "$(postern exec "$TARGET" cat)"
expect_eq 'no terminal' 'not a tty' "$(postern exec -i "$TARGET" tty </dev/null || :)"

# With one there is no byte too many: a program that makes it raw sees and sends what it likes.
expect_eq 'lines' $'one\r\ntwo\r\nx' "$(postern exec -t "$TARGET" printf 'one\ntwo\n' </dev/null; echo x)"
expect_eq 'raw' $'a\nb\e[0m\nx' "$(postern exec -t "$TARGET" sh -c 'stty raw; printf "a\nb\033[0m\n"' </dev/null; echo x)"
expect_eq 'a size' '24 80' "$(postern exec -t "$TARGET" stty size </dev/null | tr -d '\r')"
# Its end, and a key, reach the command.
expect_eq 'end of file' $'got it\r\nend\r' "$(echo 'got it' | postern exec -it "$TARGET" sh -c 'stty -echo; while read -r line; do echo "$line"; done; echo end')"

# Nothing of the last output is lost, and what stays in the background holds up nobody.
for _ in {1..10}; do
    expect_eq 'the last line' $'3000\r' "$(postern exec -t "$TARGET" seq 3000 </dev/null | tail -n 1)"
done
start=$(now_ms)
expect_code 3 postern exec -t "$TARGET" sh -c 'sleep 4242 & exit 3' </dev/null
(($(now_ms) - start < 10000)) || fail "held up for $(($(now_ms) - start)) ms"
expect_code 3 postern exec "$TARGET" sh -c 'sleep 4242 & exit 3'

for scope in leader group all; do
    begin "$scope" -- sh -c 'trap "echo heard; exit 9" USR1; echo ready; while :; do sleep 0.1; done'
    wait_for "grep -q ready $scope.out"
    postern kill -s USR1 --scope "$scope" "$TARGET" "$scope" >/dev/null
    client 9
    expect_eq "$scope" $'ready\nheard' "$(<"$scope.out")"
done
# The time is up for what does not listen.
options POSTERN_OPTIONS=--grace=1
expect_code 137 postern exec --timeout "$((2 * ${SLOW:-1}))" "$TARGET" sh -c 'trap "" HUP TERM; sleep 4242' 2>/dev/null
no_containers
