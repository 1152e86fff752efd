#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

# A shell with job control restores the modes itself: without one, only the guardian can have done it.
systemctl start postern.socket
cat >"$WORK/no-job-control" <<SH
#!/bin/sh
postern exec -it -e PS1='ses''sion> ' $TARGET sh
echo "client is gone"
exec cat
SH
chmod +x "$WORK/no-job-control"
tm new-session -d -x 80 -y 24 "$WORK/no-job-control"
trap 'tm kill-server 2>/dev/null || true' EXIT
on_screen '^session>'
[[ $(modes) == *-icanon* ]] || fail "not raw in a session: $(modes)"
start=$(now_ms)
kill -KILL "$(client)"
until is_cooked; do
    (($(now_ms) - start < 5000)) || fail "still raw: $(modes)"
done
took=$(($(now_ms) - start))
# Asking stty takes its time, too; the guardian's own budget is 50 ms.
((took < 500)) || fail "restored only after $took ms"
no_units_left
