#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/sessions.bash"

serve
begin flood -u alice -- python3 -c '
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect("/dev/log")
for number in range(20000):
    log.send(b"<%d>flood: line %d" % (8 + number % 8, number))'
for number in 1 2 3 4 5; do
    expect_code 7 postern exec --json-result "$number.json" "$TARGET" sh -c 'exit 7'
done
wait_for '! kill -0 "$CLIENT" 2>/dev/null' 90
client 0
for session in "$SESSION" $(for number in 1 2 3 4 5; do json $number.json session; done); do
    [[ $(entry "$session" started MESSAGE_ID) ]]
    [[ $(entry "$session" exit MESSAGE_ID) ]]
done
nothing_left
