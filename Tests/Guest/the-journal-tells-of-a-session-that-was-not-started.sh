#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
expect_code 127 postern exec --json-result r.json "$TARGET" /no/such/program
session=$(json r.json session)
expect_eq 'id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e03 "$(entry "$session" failed MESSAGE_ID)"
expect_eq 'stage' exec "$(entry "$session" failed POSTERN_STAGE)"
expect_eq 'errno' ENOENT "$(entry "$session" failed POSTERN_ERRNO)"
expect_match 'reason' '/no/such/program' "$(entry "$session" failed POSTERN_REASON)"
expect_eq 'priority' 4 "$(entry "$session" failed PRIORITY)"
expect_code 125 postern exec --json-result r.json -u nobody-here "$TARGET" true
session=$(json r.json session)
expect_eq 'stage' user "$(entry "$session" failed POSTERN_STAGE)"
expect_match 'reason' 'nobody-here' "$(entry "$session" failed POSTERN_REASON)"
nothing_left
# In good order: the client was told, and no unit has failed.
expect_eq 'complaints of systemd' '' "$(journalctl --quiet --boot --output=cat --since="@$test_began" _PID=1 |
    grep -i 'postern@.*failed\|failed.*postern@' || :)"
