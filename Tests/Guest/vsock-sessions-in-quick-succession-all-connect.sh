#!/usr/bin/env bash
# timeout: 200
# needs: vsock postern
. "$(dirname "$0")/sessions.bash"

# The guest's end of a connection outlives the client's: a source port that is used again too early is reset.
options 'POSTERN_VSOCK_OPTIONS=--peers=own,loopback'
systemctl start postern-vsock.socket
on_exit 'systemctl stop postern-vsock.socket'
for round in {1..20}; do
    expect_eq "session $round" "$round" "$(postern exec vsock:1 echo "$round")"
done
no_units_left
