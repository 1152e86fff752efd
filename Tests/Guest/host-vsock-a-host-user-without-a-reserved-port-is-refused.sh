#!/usr/bin/env bash
# needs: inner postern
# CID 2 alone is any process of the host: what was not allowed to bind a reserved port is not its administrator.
. "$(dirname "$0")/lib.sh"

chmod 0666 /dev/vsock
expect_code 125 runuser -u alice -- postern exec "vsock:$INNER_CID" -- true 2>err
expect_match 'message' 'port' "$(<err)"
