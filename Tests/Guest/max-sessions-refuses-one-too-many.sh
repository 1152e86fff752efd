#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
options 'POSTERN_OPTIONS=--max-sessions=2'
begin first -- sleep 4242
one=$CLIENT
begin second -- sleep 4242
expect_code 125 postern exec "$TARGET" true 2>err
expect_match 'message' '2 sessions live already' "$(<err)"
kill "$CLIENT"
client 143
no_second() { [[ $(units | wc -l) == 1 ]]; }
wait_for no_second
expect_eq 'again' hello "$(postern exec "$TARGET" echo hello)"
CLIENT=$one
kill "$one"
client 143
nothing_left
