#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
python3 - >ids <<'PYTHON'
from client import Session
session = Session("sleep", "4242")
session.until("STARTED")
session.send("SIGNAL", ("signal", "USR1"), ("scope", "leader"))
content, _ = session.finish()
assert content["signal"] == "10", content
print(session.id)
session = Session("sleep", "4242")
session.until("STARTED")
session.send("HANGUP")
content, _ = session.finish()
assert content["signal"] == "1" and content["cause"] == "hangup", content
print(session.id)
session = Session("sleep", "4242")
session.until("STARTED")
session.socket.sendall(b"\xee")
name, content, _ = session.until("ERROR", "EXIT")
assert name == "ERROR" and content["stage"] == "protocol", (name, content)
session.socket.close()
print(session.id)
PYTHON
{ read -r signal; read -r hangup; read -r protocol; } <ids
expect_eq 'signal id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e04 "$(entry "$signal" signal MESSAGE_ID)"
expect_eq 'signal' SIGUSR1 "$(entry "$signal" signal POSTERN_SIGNAL)"
expect_eq 'scope' leader "$(entry "$signal" signal POSTERN_SCOPE)"
expect_eq 'outcome' 'killed by SIGUSR1' "$(entry "$signal" exit POSTERN_OUTCOME)"
expect_eq 'hangup id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e07 "$(entry "$hangup" hangup MESSAGE_ID)"
expect_eq 'hangup outcome' 'killed by SIGHUP (hangup)' "$(entry "$hangup" exit POSTERN_OUTCOME)"
expect_eq 'protocol id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e08 "$(entry "$protocol" protocol MESSAGE_ID)"
expect_match 'protocol reason' 'frame' "$(entry "$protocol" protocol POSTERN_REASON)"
nothing_left
