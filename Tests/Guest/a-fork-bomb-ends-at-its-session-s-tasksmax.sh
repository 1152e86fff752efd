#!/usr/bin/env bash
# needs: controllers postern
# timeout: 200
. "$(dirname "$0")/sessions.bash"

drop_in postern@.service Service TasksMax=30
serve
begin bystander -- sleep 4242
# A shell would try again for half a minute.
bomb='import os, time
for count in range(60):
    try: child = os.fork()
    except OSError as error:
        print(count, error)
        break
    if child == 0: time.sleep(4242)'
expect_match 'fork error' '^2[0-9] .*Resource temporarily unavailable' "$(postern exec "$TARGET" python3 -c "$bomb")"
expect_eq 'bystander' active "$(systemctl is-active "$UNIT")"
expect_eq 'another session' hello "$(postern exec "$TARGET" echo hello)"
kill "$CLIENT"
client 143
nothing_left
