#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/lxc.bash"

serve_lxc
settings kept destroy-on-exit=no
options POSTERN_OPTIONS=--grace=1
expect_code 3 postern exec --container kept "$TARGET" sh -c 'echo something >/file; exit 3'
init=$(lxc-info -pH -n kept)
still() {
    no_units_left 20
    expect_eq "its init after $1" "$init" "$(lxc-info -pH -n kept)"
    expect_eq "its files after $1" something "$(postern exec --container kept "$TARGET" cat /file)"
    expect_eq "records after $1" '' "$(ls -A "$records")"
    expect_eq "sessions' processes after $1" '' "$(session_processes)"
}
still exit
ended=0
worker() { systemctl show --property=MainPID --value "$UNIT"; }
for way in 'kill -TERM "$(worker)"' 'kill -KILL "$(worker)"' 'kill -ABRT "$(worker)"' 'systemctl stop "$UNIT"' \
    'systemctl stop "postern-lxc*"' 'kill -KILL "$CLIENT"' 'kill -TERM "$CLIENT"'; do
    systemctl start postern-lxc.socket
    begin "ended-$((++ended))" --container kept -- sh -c 'sleep 4242 & sleep 4242'
    wait_for '(($(session_processes | wc -l) == 2))'
    eval "$way"
    client 125 129 137 143
    systemctl start postern-lxc.socket
    still "$way"
done
expect_code 137 postern exec --container kept --timeout "$((2 * ${SLOW:-1}))" "$TARGET" sh -c 'trap "" HUP; sleep 4242' 2>/dev/null
still 'a time limit'

# Several at once, and none when it was stopped in between
begin one --container kept -- sh -c 'touch /one; until [ -e /two ]; do sleep 0.1; done'
expect_code 0 postern exec --container kept "$TARGET" sh -c 'until [ -e /one ]; do sleep 0.1; done; touch /two'
client 0
lxc-stop -k -n kept
expect_eq 'after a stop' something "$(postern exec --container kept "$TARGET" cat /file)"
for i in 1 2 3 4; do in_background "again-$i" postern exec --container kept "$TARGET" cat /file; done
wait
expect_eq 'all at once' $'something\nsomething\nsomething\nsomething' "$(cat again-?.out)"
destroy kept
no_containers
