#!/usr/bin/env bash
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sessions.bash"

options 'POSTERN_OPTIONS=--user=bob'
systemctl start postern.socket
expect_eq 'the user of the unit' bob "$(postern exec "$TARGET" id -un)"
code=0
said=$(postern exec -u bob:shadow "$TARGET" id 2>&1) || code=$?
expect_eq 'exit code' 125 "$code"
expect_match 'why' "not in group 'shadow'" "$said"
no_units_left
