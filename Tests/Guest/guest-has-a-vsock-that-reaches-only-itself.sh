#!/usr/bin/env bash
# needs: vsock
# Over loopback a peer is CID 1: what a listener must be able to tell from the host's CID 2.
. "$(dirname "$0")/lib.sh"

systemd-socket-activate --accept --listen=vsock::7777 sh -c 'echo "$REMOTE_ADDR" >peer' 2>listener &
trap 'kill $!' EXIT
wait_for 'grep -q "^Listening on" listener'
python3 -c 'import socket; s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); s.connect((1, 7777)); s.recv(1)'
wait_for '[[ -s peer ]]'
expect_match 'peer' '^vsock:1(:|$)' "$(<peer)"
