#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

drop_in postern.socket Socket SocketMode=0666
serve
forget_ended
as_alice() { runuser -u alice -- postern "$@"; }
detached roots -- sh -c 'echo secret; sleep 4242'
roots=$SESSION
# As alice, but root's all the same.
detached lent -u alice -- sleep 4242
hers=$(as_alice exec -d --name hers "$TARGET" sh -c 'echo hers; sleep 4242')
bobs=$(runuser -u bob -- postern exec -d --name bobs "$TARGET" sleep 4242)
on_exit "postern rm $TARGET $hers $bobs >/dev/null 2>&1"

expect_eq 'what alice sees' "${hers:0:12}" "$(as_alice ps -q "$TARGET")"
expect_eq 'what root sees' $'bobs\nhers\nlent\nroots' \
    "$(postern ps "$TARGET" | awk 'NR > 1 { print $2 }' | sort)"
for word in roots "$roots" "${roots:0:8}" lent bobs; do
    for command in status attach 'attach --read-only' 'attach --take-over' logs kill rm wait; do
        # shellcheck disable=SC2086  # words are meant
        expect_code 125 as_alice $command "$TARGET" "$word" >out 2>err
        expect_match "$command $word" "[nN]o session '" "$(<err)"
        expect_eq "$command $word: output" '' "$(<out)"
    done
done
# Who asks for an id again does not learn that there is one, and starts nothing with it.
runuser -u alice -- env PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 python3 - "$roots" <<'PYTHON'
import sys
import client
name, content, _ = client.Session("true", id=sys.argv[1]).until("STARTED", "ERROR")
assert name == "ERROR" and content["stage"] == "session", (name, content)
PYTHON
expect_eq 'still there' detached "$(state roots)"
expect_eq 'her own' hers "$(as_alice logs "$TARGET" hers)"
expect_eq 'root sees hers' hers "$(postern logs "$TARGET" hers)"

# Ended, they are as much her own, or not.
postern kill -s KILL "$TARGET" roots hers >/dev/null
wait_for '[[ $(state "$roots") == ended && $(state "$hers") == ended ]]'
expect_eq 'what alice sees of the ended' "${hers:0:12}" "$(as_alice ps -q "$TARGET")"
for command in status attach logs rm wait; do
    expect_code 125 as_alice $command "$TARGET" "$roots" >out 2>err
    expect_match "$command, ended" "[nN]o session '" "$(<err)"
done
expect_code 137 as_alice attach "$TARGET" hers >out
expect_eq 'her output' hers "$(<out)"
postern rm "$TARGET" "$roots" lent bobs >/dev/null

# The doors are root's: nobody gets past the socket that systemd keeps.
detached door -- sleep 4242
expect_eq 'directory' '700 root' "$(stat --format='%a %U' /run/postern/postern)"
door=/run/postern/postern/$SESSION.sock
[[ -S $door ]] || fail 'a session without a door'
expect_code 1 runuser -u alice -- python3 -c "
import socket
socket.socket(socket.AF_UNIX).connect('$door')" 2>err
expect_match 'alice at the door' PermissionError "$(<err)"
postern rm "$TARGET" door >/dev/null
nothing_left
