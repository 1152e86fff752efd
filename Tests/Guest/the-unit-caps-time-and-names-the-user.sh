#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
options 'POSTERN_OPTIONS=--max-timeout=1 --max-idle=30 --user=bob'
expect_eq 'user' bob "$(postern exec "$TARGET" id -un)"
expect_code 125 postern exec -u root "$TARGET" id 2>err
expect_match 'message' "run as 'bob' only" "$(<err)"
expect_code 125 postern exec --timeout 2 "$TARGET" id 2>err
expect_match 'message' 'above the 1 s this unit allows' "$(<err)"
expect_code 125 postern exec --idle 31 "$TARGET" id 2>err
expect_match 'message' 'above the 30 s this unit allows' "$(<err)"
begin capped -- sleep 4242
client 129
expect_eq 'cause' timeout "$(json capped.json cause)"
nothing_left
