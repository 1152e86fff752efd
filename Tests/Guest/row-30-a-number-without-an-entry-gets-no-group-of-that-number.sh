#!/usr/bin/env bash
# timeout: 120
. "$(dirname "$0")/lib.sh"
systemctl start postern.socket
# 27 is the group sudo in Debian, and no user.
expect_eq 'uid, gid and groups' '27 65534 65534' "$(postern exec -u 27 "$TARGET" sh -c 'echo $(id -u) $(id -g) $(id -G)')"
expect_eq 'when asked for it' '27 27 27' "$(postern exec -u 27:27 "$TARGET" sh -c 'echo $(id -u) $(id -g) $(id -G)')"
no_units_left
