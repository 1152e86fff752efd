#!/usr/bin/env bash
# timeout: 240
# needs: container postern
. "$(dirname "$0")/lib.sh"
systemctl start postern.socket

mkfifo in
postern exec -i "$TARGET" cat <in | sha256sum >out.sum &
relay=$!
head -c 1073741824 /dev/urandom | tee in | sha256sum >in.sum &
source=$!
wait_for 'pgrep -x postern >/dev/null'
client=$(pgrep -n -x postern)
signals=0
while kill -WINCH "$client" 2>/dev/null && kill -CONT "$client" 2>/dev/null; do
    signals=$((signals + 2))
    # Paced by the stream itself: a few signals for every megabyte or so that the source has read.
    sleep 0.02
done
wait "$source"
wait "$relay"
((signals > 20)) || fail "only $signals signals were sent"
expect_eq 'hash' "$(<in.sum)" "$(<out.sum)"
no_units_left
