#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/wrapped.bash"

serve_wrapped
# The wrapper is not hit: it relays, and would take the command's own answer with it.
for scope in leader group all; do
    begin "$scope" -- sh -c 'trap "echo heard; exit 9" USR1; echo ready; while :; do sleep 0.1; done'
    wait_for "grep -q ready $scope.out"
    postern kill -s USR1 --scope "$scope" "$TARGET" "$scope" >/dev/null
    client 9
    expect_eq "$scope" $'ready\nheard' "$(<"$scope.out")"
done
# A terminal's foreground job inside, and not the shell that waits for it.
feed
begin job -it -e ENV= -- sh -c 'set -m; sh -c "trap \"echo heard; exit 5\" USR1; echo ready; while :; do sleep 0.1; done"; echo "job $?"; exit 4' <feed
wait_for 'grep -q ready job.out'
postern kill -s USR1 "$TARGET" job >/dev/null
client 4
expect_match 'the job' $'heard\r\njob 5' "$(<job.out)"
exec 9>&-
# Even who ignores it ends, and all that the session has started.
options POSTERN_OPTIONS=--grace=1
begin stuck -- sh -c 'trap "" HUP TERM; setsid sleep 4242 & sleep 4242'
wait_for '(($(session_processes | wc -l) == 2))'
kill -KILL "$CLIENT"
wait_for '[[ -z $(session_processes) ]]' 20
nothing_made
