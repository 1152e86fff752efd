#!/usr/bin/env bash
# needs: postern
# All that the client may send is under way when the connection is lost, and is read before it comes back: nothing that
# happens later tells it of the room, if its return does not.
. "$(dirname "$0")/sessions.bash"

serve
open_link link
head -c 1000000 /dev/urandom >sent
TARGET=$LINK begin full -i --linger 60 -- sh -c "while [ ! -e '$WORK/go' ]; do sleep 0.02; done; cat; sleep 0.2" <sent
# What the pipe to the command holds, and the window beyond it.
taken() { member "$(postern status --json unix:/run/postern/postern.sock "$SESSION")" "$1"; }
wait_for '(($(stat --format=%s link/1.up) > 131072 + 65536))'
kill -USR2 "$LINK_PID"
wait_for '[[ $(taken state) == away ]]'
held=$(entry "$SESSION" lost POSTERN_INPUT_OFFSET)
touch go
wait_for "(( \$(taken stdin_bytes) == $held))"
kill -USR2 "$LINK_PID"
client 0
cmp sent full.out || fail 'not all of it came back'
nothing_left
