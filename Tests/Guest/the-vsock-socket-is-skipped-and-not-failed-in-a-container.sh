#!/usr/bin/env bash
# needs: postern container
. "$(dirname "$0")/sessions.bash"

systemctl start postern-vsock.socket
expect_eq 'state' inactive "$(systemctl is-active postern-vsock.socket || :)"
expect_eq 'condition' no "$(systemctl show --property=ConditionResult --value postern-vsock.socket)"
expect_eq 'failed units' '' "$(systemctl list-units --state=failed --plain --no-legend 'postern*')"
