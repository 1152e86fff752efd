#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
# The client's own doing: two answers are lost, and the third comes.
open_link link lose-answers=2
TARGET=$LINK begin once --linger 60 -- sh -c 'echo began >>count; echo hello; read -r never; sleep 4242' <<<''
sh -c : # CWD of the session is root's home
wait_for '[[ $(state "$SESSION") == attached ]]'
expect_eq 'connections' 3 "$(find link -name '*.up' | wc -l)"
expect_eq 'started' 1 "$(fields "$SESSION" started LEADER | wc -l)"
wait_for '[[ $(<once.out) == hello ]]'
postern kill "$TARGET" once >/dev/null
client 143
rm -f ~/count

python3 - <<'PYTHON'
import client

def answer(connection, *names):
    name, content, output = connection.until("STARTED", "EXIT", "ERROR")
    assert name in names, (name, content)
    return content

def refused(stage, *arguments, **fields):
    content = answer(client.Session(*arguments, **fields), "ERROR")
    assert content["stage"] == stage, content
    return content["text"]

command = ["sh", "-c", "echo $$; read -r line; echo got $line; exit 3"]
lingers = dict(linger=60, stdin=1)
first = client.Session(*command, **lingers)
same = dict(id=first.id, token=first.token, **lingers)
pid = answer(first, "STARTED")["pid"]
# Lives: the same again is taken for the client itself, with a higher number only.
assert "not after" in refused("session", *command, **same)
second = client.Session(*command, connection=2, **same)
again = answer(second, "STARTED")
assert again["pid"] == pid and again.get("offset", "0") == "0", again
# The first connection is worth nothing any more.
try:
    while True:
        first.frame()
except (EOFError, OSError):
    pass
# A token or a command of its own: another request.
assert "another request" in refused("session", *command, connection=3, **dict(same, token=client.new_id()))
assert "another request" in refused("session", "true", connection=3, **same)
assert "another request" in refused("session", *command, connection=3, **dict(same, linger=61))
# All of its output, though the first connection had it, and the end.
second.send_bytes("STDIN", b"on\n")
name, exit, output = second.until("EXIT", "ERROR")
assert name == "EXIT" and exit["code"] == "3" and output == f"{pid}\ngot on\n".encode(), (name, exit, output)
second.socket.close()
# Ended, and nobody has said BYE: its result, to the same token only.
while True:
    name, content, _ = client.Session(*command, connection=3, **same).until("STARTED", "ERROR")
    if name == "STARTED":
        break
assert "one id is one life" in refused("session", *command, connection=4, **dict(same, token=client.new_id()))
third = client.Session(*command, connection=4, **same)
assert answer(third, "STARTED")["pid"] == pid
exit, output = third.finish()
assert exit["code"] == "3" and f"{pid}\ngot on\n".encode().endswith(output), (exit, output)
PYTHON

# A worker that was killed: nobody knows how it ended, and nothing is started instead.
begin gone --linger 60 -- sleep 4242
kill -KILL "$(systemctl show --property=MainPID --value "$UNIT")"
client 125
expect_match 'message' 'nobody knows how the command ended' "$(<gone.err)"
expect_eq 'stage' lost "$(json gone.json stage)"
python3 - "$SESSION" <<'PYTHON'
import sys
import client
name, content, _ = client.Session("sleep", "4242", id=sys.argv[1], linger=60, connection=2).until("STARTED", "ERROR")
assert name == "ERROR" and content["stage"] == "lost", (name, content)
PYTHON
expect_eq 'state' lost "$(state "$SESSION")"
expect_eq 'started' 1 "$(fields "$SESSION" started LEADER | wc -l)"
expect_eq 'removed' "${SESSION:0:12}" "$(postern rm "$TARGET" "$SESSION")"
expect_code 125 postern status "$TARGET" "$SESSION" 2>err
nothing_left
