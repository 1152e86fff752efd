#!/usr/bin/env bash
# needs: vsock postern
# timeout: 200
. "$(dirname "$0")/sessions.bash"

systemctl start postern-vsock.socket
on_exit 'systemctl stop postern-vsock.socket'
expect_code 125 postern exec vsock:1 true 2>err
expect_match 'message' 'may not connect over vsock loopback' "$(<err)"
expect_match 'journal' 'vsock loopback' "$(journal_field POSTERN_REASON --since="@$test_began" POSTERN_EVENT=refused)"
expect_match 'peer' '^vsock:1:' "$(journal_field POSTERN_PEER --since="@$test_began" POSTERN_EVENT=refused)"
options 'POSTERN_VSOCK_OPTIONS=--peers=own,loopback'
expect_eq 'allowed' hello "$(postern exec vsock:1 echo hello)"
nothing_left
