#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin only -- sleep 4242
record=/run/postern/postern
expect_eq 'id on record' "$record/id-$SESSION" "$(ls "$record/id-$SESSION")"
expect_code 125 postern exec --name only "$TARGET" true 2>err
expect_match 'name' "named 'only' already" "$(<err)"
python3 - "$SESSION" <<'PYTHON'
import sys
import client
client.os.urandom = lambda count: bytes.fromhex(sys.argv[1])
name, content, _ = client.Session("true").until("ERROR", "EXIT")
assert name == "ERROR" and content["stage"] == "session", (name, content)
PYTHON
# A worker that is killed leaves its record; it is stale, and nobody is held up by it.
kill -KILL "$(systemctl show --property=MainPID --value "$UNIT")"
client 125
no_units_left
[[ -e $record/id-$SESSION ]] || fail 'the record went with the worker: nothing stale to test'
expect_eq 'the name again' hello "$(postern exec --name only "$TARGET" echo hello)"
for _ in 1 2 3; do postern exec "$TARGET" true; done
wait_for '[[ $(ls '$record') == ended ]]'
nothing_left
