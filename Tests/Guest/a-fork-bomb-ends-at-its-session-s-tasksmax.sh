#!/usr/bin/env bash
# needs: controllers postern
. "$(dirname "$0")/sessions.bash"

drop_in postern@.service Service TasksMax=30
serve
begin bystander -- sleep 4242
postern exec "$TARGET" bash -c 'for i in $(seq 60); do sleep 4242 & done; true' >out 2>err || :
expect_match 'fork errors' 'fork|Resource temporarily unavailable' "$(<err)"
expect_eq 'bystander' active "$(systemctl is-active "$UNIT")"
expect_eq 'another session' hello "$(postern exec "$TARGET" echo hello)"
kill "$CLIENT"
client 143
nothing_left
