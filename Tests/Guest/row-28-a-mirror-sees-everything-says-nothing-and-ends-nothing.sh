#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

options 'POSTERN_OPTIONS=--max-mirrors=1'
serve
feed
begin watched -i -- sh -c 'echo before; cat; echo after >&2; exit 7' <feed
wait_for '[[ -s watched.out ]]'
in_background leaves postern attach --read-only "$TARGET" watched <<<'from a mirror'
wait_for '[[ $(<leaves.out) == before ]]'
expect_code 125 postern attach --read-only "$TARGET" watched 2>err
expect_match 'one too many' '1 mirrors watch already.*--max-mirrors' "$(<err)"
kill "$CLIENT"
client 143
wait_for '[[ $(member "$(postern status --json "$TARGET" watched)" mirrors) == 0 ]]'
in_background stays postern attach --read-only "$TARGET" watched
wait_for '[[ $(<stays.out) == before ]]'
mirror=$CLIENT
# One that asks for what it may not is sent away, alone.
postern kill -s CONT "$TARGET" watched >/dev/null
echo middle >&9
exec 9>&-
CLIENT=$mirror
client 7
expect_eq 'what the mirror saw' $'before\nmiddle' "$(<stays.out)"
expect_eq 'and on stderr' after "$(<stays.err)"
wait_for '[[ -e watched.json ]]'
expect_eq 'what the writer saw' $'before\nmiddle' "$(<watched.out)"
expect_eq 'and its code' 7 "$(json watched.json exit_code)"
nothing_left

options 'POSTERN_OPTIONS=--max-mirrors=0'
begin alone -- sleep 4242
expect_code 125 postern attach --read-only "$TARGET" alone 2>err
expect_match 'none at all' '0 mirrors watch already.*--max-mirrors' "$(<err)"
expect_code 125 postern logs "$TARGET" alone 2>err
kill "$CLIENT"
client 143
nothing_left
