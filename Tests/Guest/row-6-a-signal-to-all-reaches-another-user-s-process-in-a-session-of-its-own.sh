#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
python3 - <<'PYTHON'
from client import Session
AWAY = """
import os, signal, time
os.setsid(); os.setgid(1001); os.setuid(1001)
signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b"away got it\\n"))
os.write(1, b"up\\n")
while True: time.sleep(60)
"""
LEADER = """
import os, signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b"leader got it\\n"))
if os.fork() == 0:
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
os.write(1, b"up\\n")
while True: time.sleep(60)
"""


def read(session, output, text, count=1):
    while output.count(text) < count:
        output += session.until("STDOUT")[1]
    return output


session = Session("python3", "-c", LEADER, AWAY)
output = read(session, b"", b"up", 2)
session.send("SIGNAL", ("signal", "USR1"), ("scope", "group"))
output = read(session, output, b"leader got it", 1)
session.send("SIGNAL", ("signal", "SIGUSR1"), ("scope", "leader"))
output = read(session, output, b"leader got it", 2)
assert b"away" not in output, output
session.send("SIGNAL", ("signal", "10"), ("scope", "all"))
output = read(session, output, b"leader got it", 3)
output = read(session, output, b"away got it", 1)
session.send("SIGNAL", ("signal", "KILL"), ("scope", "all"))
content, _ = session.finish()
assert content["signal"] == "9", content
PYTHON
nothing_left
