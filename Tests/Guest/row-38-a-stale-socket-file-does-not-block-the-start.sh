#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

systemctl stop postern.socket
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/postern/postern.sock")'
[[ -S /run/postern/postern.sock ]] || fail 'no stale file'
serve
expect_eq 'a session' hello "$(postern exec "$TARGET" echo hello)"
