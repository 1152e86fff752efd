#!/usr/bin/env bash
# needs: vsock
# Over loopback a peer is CID 1: what a listener must be able to tell from the host's CID 2.
. "$(dirname "$0")/lib.sh"

python3 - <<'PYTHON'
import socket
listener = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
listener.bind((socket.VMADDR_CID_ANY, 7777))
listener.listen()
client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
client.settimeout(5)
client.connect((1, 7777))
peer = listener.accept()[1][0]
assert peer == 1, f"the peer is CID {peer}"
PYTHON
