#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

units=/run/systemd/system
cp /usr/lib/systemd/system/postern@.service $units/postern-other@.service
sed 's|^ListenStream=.*|ListenStream=/run/postern/other.sock|' /usr/lib/systemd/system/postern.socket >$units/postern-other.socket
systemctl daemon-reload
on_exit "systemctl stop postern-other.socket 'postern-other@*'; rm $units/postern-other*; rm -rf /run/postern/postern-other; systemctl daemon-reload"
systemctl start postern-other.socket
serve
forget_ended
other=unix:/run/postern/other.sock
# A name is unique among the sessions of one socket.
detached same -- sh -c 'echo one; sleep 4242'
one=$SESSION
two=$(postern exec -d --name same "$other" sh -c 'echo two; sleep 4242')
for command in status attach logs kill rm wait; do
    expect_code 125 postern $command "$other" "$one" 2>err
    expect_match "$command" "[nN]o session '$one'" "$(<err)"
done
wait_for '[[ $(postern logs "$TARGET" same) == one && $(postern logs "$other" same) == two ]]'
expect_eq 'one list' "${one:0:12}" "$(postern ps -q "$TARGET")"
expect_eq 'the other' "${two:0:12}" "$(postern ps -q "$other")"
postern rm "$TARGET" same >/dev/null
expect_eq 'the other is still there' "${two:0:12}" "$(postern ps -q "$other")"
postern rm "$other" same >/dev/null
nothing_left
