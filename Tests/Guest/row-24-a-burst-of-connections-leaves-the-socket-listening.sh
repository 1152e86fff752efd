#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
python3 - <<'PYTHON'
import client
connections = [client.dial("") for _ in range(400)]
for connection in connections:
    connection.close()
PYTHON
expect_eq 'socket' active "$(systemctl is-active postern.socket)"
expect_eq 'a session' hello "$(timeout 50 postern exec "$TARGET" echo hello)"
nothing_left 30
