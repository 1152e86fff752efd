#!/usr/bin/env bash
# needs: postern container
# timeout: 240
# The proof of contrib/test cuts, a part of it, with workers that systemd starts.
. "$(dirname "$0")/sessions.bash"

serve
"$(dirname "$0")/../Cuts/run" --target-socket /run/postern/postern.sock --bin /usr/bin --cuts 50 --timeout 200 || fail 'see above'
nothing_left 20
