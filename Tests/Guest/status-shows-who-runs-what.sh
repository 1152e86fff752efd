#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin shown -u alice -- sleep 4242
wait_for '[[ $(systemctl show --property=ActiveState --value "$UNIT") == active ]]'
expect_eq 'status' "Session 'shown': sleep ($LEADER) as alice, for $(entry "$SESSION" started POSTERN_PEER)" \
    "$(systemctl show --property=StatusText --value "$UNIT")"
expect_eq 'slice' postern.slice "$(systemctl show --property=Slice --value "$UNIT")"
systemctl status "$UNIT" | grep -q "Session 'shown': sleep" || fail 'systemctl status does not show it'
kill "$CLIENT"
client 143
nothing_left
