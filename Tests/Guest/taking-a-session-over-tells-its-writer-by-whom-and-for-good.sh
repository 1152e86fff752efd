#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
feed
begin held -i --linger 60 --operator first@there -- cat <feed
first=$CLIENT
echo one >&9
wait_for '[[ $(<held.out) == one ]]'
expect_code 125 postern attach "$TARGET" held 2>err
expect_match 'held' "held by first@there.* since 20..-..-.*; --take-over takes it, --read-only watches it" "$(<err)"

exec 8>&9
feed
SUDO_USER=second in_background second postern attach --take-over "$TARGET" held <feed
second=$CLIENT
CLIENT=$first
client 125
exec 8>&-
expect_match 'told' 'the session was taken over by second@' "$(<held.err)"
expect_eq 'stage' taken-over "$(json held.json stage)"
expect_match 'journal' '^second@' "$(entry "$SESSION" take-over POSTERN_BY)"
echo two >&9
wait_for 'grep -qx two second.out'
expect_match 'status' 'Writer: second@' "$(postern status "$TARGET" held)"

# The first one's right is void, whatever it says.
python3 - <<'PYTHON'
import client

def ask(connection):
    return connection.until("STARTED", "ERROR")

session = client.Session("cat", name="stolen", stdin=1, linger=60)
assert session.until("STARTED", "ERROR")[0] == "STARTED"
thief = client.Attached("stolen", take_over=1)
assert ask(thief)[0] == "STARTED"
name, content, _ = session.until("ERROR")
assert content["stage"] == "taken-over", content
for number, more in ((2, {}), (3, {"take_over": 1})):
    name, content, _ = ask(client.Attached(session.id, token=session.token, connection=number, **more))
    assert name == "ERROR" and content["stage"] == "taken-over", (name, content)
thief.send_bytes("STDIN", b"mine")
assert thief.until("STDOUT")[0] == "STDOUT"
# Nor when nobody is connected; another may come then.
thief.socket.close()
while True:
    name, content, _ = ask(client.Attached(session.id, token=session.token, connection=4))
    assert name == "ERROR" and content["stage"] == "taken-over", (name, content)
    if "held by" not in content["text"]:
        break
heir = client.Attached("stolen")
assert ask(heir)[0] == "STARTED"
heir.send_bytes("HANGUP", b"")
heir.until("EXIT")
heir.send_bytes("BYE", b"")
PYTHON
exec 9>&-
CLIENT=$second
client 0
nothing_left
