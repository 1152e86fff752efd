#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
detached calm -- sh -c 'echo hello; while :; do sleep 4242; done'
wait_for '[[ $(postern logs "$TARGET" calm) == hello ]]'
for since in 7 18446744073709551615; do
    for mode in '' --read-only; do
        # shellcheck disable=SC2086  # an option or none
        expect_code 125 postern attach $mode --since $since "$TARGET" calm 2>err
        expect_match "since $since" "offset $since is beyond the output's end at 6" "$(<err)"
    done
    expect_code 125 postern logs --since $since "$TARGET" calm 2>err
done
for since in 18446744073709551616 -1 x 1.5; do
    expect_code 125 postern attach --since $since "$TARGET" calm 2>err
    expect_match "since $since" "since" "$(<err)"
done
expect_eq 'from the end on' '' "$(postern logs --since 6 "$TARGET" calm)"

python3 - "$SESSION" <<'PYTHON'
import sys
import client

id = sys.argv[1]

def refused(stage, field=None, kind="ATTACH", **fields):
    everything = {"version": 1, "session": id, "token": client.new_id(), "window": 1 << 20, **fields}
    everything = [(k.replace("_", "-"), v) for k, v in everything.items() if v is not None]
    name, content, _ = client.Connection(kind, *everything).until("STARTED", "ERROR", "SESSION")
    assert name == "ERROR" and content["stage"] == stage, (fields, name, content)
    assert field is None or content.get("field") == field, (fields, content)
    assert len(content["text"]) <= 1024, content

for offset in ("-1", "", "+5", "0x10", "7", str(1 << 64), str((1 << 64) - 1)):
    refused("open", "offset", offset=offset)
for window in (str(1 << 64), "-1", None):
    refused("open", "window", window=window)
for token in ("", "0" * 31, "0" * 33, "G" * 32):
    refused("open", "token", token=token)
refused("open", "token", token=None)
refused("open", "connection", connection=0)
refused("open", "boot", boot="nonsense")
refused("rebooted", boot="1" * 32)
refused("open", "session", session="")
refused("open", "session", session="x" * 65)
for session in ("f" * 32, "nobody", "../../etc/passwd", "x\n\x1b[31m", "%s%n", ".", "id-" + id):
    refused("session", session=session)
refused("open", "colour", colour="red")
refused("protocol", "version", version=2)
refused("open", "do", kind="ORDER", token=None, window=None, do="dance")
refused("open", "signal", kind="ORDER", token=None, window=None, do="signal", signal="NONSENSE")
# What a mirror may not send ends it, and nothing else.
for kind, payload in (("STDIN", b"x"), ("HANGUP", b""), ("SIGNAL", b"signal=KILL\0"), ("RESIZE", b"rows=1\0columns=1\0")):
    mirror = client.Attached(id, token=None, read_only=1)
    assert mirror.until("STARTED")[0] == "STARTED"
    mirror.send_bytes(kind, payload)
    name, content, _ = mirror.until("ERROR", "EXIT")
    assert name == "ERROR" and content["stage"] == "protocol", (kind, name, content)
# The largest window, in a session whose output is not at its beginning.
wide = client.Attached(id, token=None, read_only=1, offset=6, window=(1 << 64) - 1)
assert wide.until("STARTED", "ERROR")[0] == "STARTED"
PYTHON
expect_eq 'still there' detached "$(state calm)"
postern rm "$TARGET" calm >/dev/null
nothing_left
