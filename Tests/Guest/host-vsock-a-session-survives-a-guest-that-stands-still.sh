#!/usr/bin/env bash
# needs: inner postern
# timeout: 150
# The guest is paused for longer than a heartbeat, its connections are reset meanwhile, and it goes on: as after a
# snapshot. Twice.
. "$(dirname "$0")/sessions.bash"

# The first session there takes longer than others.
expect_code 0 postern exec "vsock:$INNER_CID" -- true
LINK_TO=vsock:$INNER_CID:722 open_link link
feed
postern exec -i --linger 600 "$LINK" -- cat <feed >still.out 2>still.err 9>&- &
session=$!
on_exit 'kill -CONT "$INNER_PID"'
for round in 1 2; do
    echo "before $round" >&9
    wait_for "grep -qx 'before $round' still.out"
    kill -STOP "$INNER_PID"
    echo "meanwhile $round" >&9
    # And nobody calls meanwhile: it would find one dead connection for every two seconds, each with a worker to start.
    kill -USR2 "$LINK_PID"
    sleep 17
    kill -CONT "$INNER_PID"
    kill -USR2 "$LINK_PID"
    wait_for "grep -qx 'meanwhile $round' still.out" 60
done
exec 9>&-
wait "$session" || fail "the session ended with $?: $(<still.err)"
expect_eq 'all' $'before 1\nmeanwhile 1\nbefore 2\nmeanwhile 2' "$(<still.out)"
