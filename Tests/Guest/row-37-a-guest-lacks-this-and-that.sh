#!/usr/bin/env bash
# needs: postern
# timeout: 200
. "$(dirname "$0")/sessions.bash"

serve
out=$(postern exec -u 54321 "$TARGET" sh -c 'id -u; id -g; pwd')
expect_match 'a number without passwd entry' '^54321 ' "${out//$'\n'/ }"
expect_eq 'unknown terminal' xterm-256color "$(TERM=no-such-terminal postern exec -t "$TARGET" sh -c 'echo $TERM' | tr -d '\r')"

# Every terminal is taken: the error names it, and pipes still work.
most=$(</proc/sys/kernel/pty/max)
if echo 0 >/proc/sys/kernel/pty/max 2>/dev/null; then
    on_exit "echo $most >/proc/sys/kernel/pty/max"
    expect_code 125 postern exec -t "$TARGET" true 2>err
    echo "$most" >/proc/sys/kernel/pty/max
    expect_match 'message' '/proc/sys/kernel/pty/max' "$(<err)"
fi

# Nothing of the guest but /run can be written to.
drop_in postern@.service Service ReadOnlyPaths=/ "ReadWritePaths=/run /dev /proc /sys"
expect_eq 'a read-only root' 'hello' "$(postern exec "$TARGET" sh -c 'touch /root/x 2>/dev/null || echo hello')"
expect_eq 'and its terminal' 'hello' "$(postern exec -t "$TARGET" sh -c 'touch /root/x 2>/dev/null || echo hello' | tr -d '\r')"
drop_in postern@.service Service ReadOnlyPaths=/ "ReadWritePaths=/run /dev /proc /sys" \
    'InaccessiblePaths=-/etc/terminfo -/lib/terminfo -/usr/share/terminfo -/usr/lib/terminfo'
expect_match 'no terminfo' '^[a-z]' "$(TERM=xterm-256color postern exec -t "$TARGET" sh -c 'echo $TERM' | tr -d '\r')"
nothing_left
