#!/usr/bin/env bash
# needs: postern bookworm
# timeout: 300
. "$(dirname "$0")/lxc.bash"

serve_lxc
# What a program sends as soon as it may, before anybody can have read anything
cat >at-once.py <<'PYTHON'
import sys
from client import Session
lost = []
for number in range(200):
    fields = dict(tty=1, term="xterm", rows=24, columns=80) if number % 2 else {}
    session = Session("sh", stdin=1, timeout=60, **fields)
    name, content = session.frame()
    assert name == "STARTED", (name, content)
    session.send_bytes("STDIN", b"echo $((%d + 1000))\nexit 7\n" % number)
    exit, output = session.finish()
    if b"%d" % (number + 1000) not in output or exit.get("code") != "7": lost.append((number, exit, output))
print("lost:", lost) if lost else print("none lost")
PYTHON
expect_eq 'input' 'none lost' "$(python3 at-once.py)"
no_containers
# The client's own terminal, with a program at it that types at once
cat >typing.exp <<'EXPECT'
log_user 0
set timeout 60
for {set i 0} {$i < 20} {incr i} {
    spawn postern exec -it $env(TARGET)
    send "echo typed-\$(($i + 1000))\rexit 5\r"
    expect { -re "typed-[expr $i + 1000]" {} timeout { puts "lost $i"; exit 1 } eof { puts "ended $i: $expect_out(buffer)"; exit 1 } }
    # It may have been seen with the answer.
    catch {expect eof}
    if {[lindex [wait] 3] != 5} { puts "code $i"; exit 1 }
}
EXPECT
expect typing.exp || fail 'typed input was lost'
no_containers
