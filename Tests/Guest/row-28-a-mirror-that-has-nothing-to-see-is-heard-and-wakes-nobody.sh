#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
detached quiet -- sh -c 'echo hello; sleep 4242'
worker=$(systemctl show --property=MainPID --value "$UNIT")
python3 - "$SESSION" "$worker" <<'PYTHON'
import sys
import time
import client

def turns():
    """How often the worker has waited for something."""
    with open(f"/proc/{sys.argv[2]}/status") as status:
        return int(next(line for line in status if line.startswith("voluntary_ctxt_switches")).split()[1])

mirror = client.Attached(sys.argv[1], token=None, read_only=1)
assert mirror.until("STARTED", "ERROR")[0] == "STARTED"
began = time.monotonic()
for number in range(50):
    mirror.send_bytes("PING", b"number=%d\0" % number)
    mirror.until("PONG")
took = time.monotonic() - began
assert took < 10, f"50 questions took {took} s"
before = turns()
time.sleep(2)
assert turns() - before < 20, f"{turns() - before} turns for nothing"
mirror.send_bytes("BYE", b"")
try:
    while True:
        mirror.frame()
except EOFError:
    pass
PYTHON
# Whoever starts a session and leaves it is let go as soon.
before=$(now_ms)
for n in 1 2 3 4 5 6 7 8 9 10; do postern exec -d --name "many-$n" "$TARGET" sleep 4242 >/dev/null; done
took=$(($(now_ms) - before))
((took < 5000 * ${SLOW:-1})) || fail "ten sessions took $took ms"
postern rm "$TARGET" quiet many-{1..10} >/dev/null
nothing_left
