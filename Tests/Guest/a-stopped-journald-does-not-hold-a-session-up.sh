#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
journald=$(systemctl show --property=MainPID --value systemd-journald)
on_exit "kill -CONT $journald"
kill -STOP "$journald"
before=$(now_ms)
for _ in 1 2 3 4 5 6 7 8; do
    expect_code 3 timeout 10 postern exec "$TARGET" sh -c "exit 3"
done
took=$(($(now_ms) - before))
kill -CONT "$journald"
((took < 8000)) || fail "eight sessions took $took ms"
nothing_left
