#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
open_link link idle=18
feed
TARGET=$LINK begin still -i -- cat <feed
# Began later, says nothing, and lasts for as long as an idle link does: after it, the other one was idle for longer.
python3 - "$LINK" <<'PYTHON'
import sys
import client
quiet = client.Session("sleep", "4242", target=sys.argv[1], timeout=60)
quiet.until("STARTED")
try:
    quiet.until("EXIT", "ERROR")
    raise SystemExit("an idle link was not cut")
except (EOFError, OSError):
    pass
PYTHON
python3 - <<'PYTHON'
import client
sent = [name for name, _ in client.frames(open("link/1.up", "rb").read())]
came = [name for name, _ in client.frames(open("link/1.down", "rb").read())]
assert sent == ["OPEN", "PING"], sent
assert came == ["STARTED", "PONG"], came
PYTHON
echo hello >&9
wait_for '[[ $(<still.out) == hello ]]'
exec 9>&-
client 0
expect_eq 'connections' 2 "$(find link -name '*.up' | wc -l)"
nothing_left
