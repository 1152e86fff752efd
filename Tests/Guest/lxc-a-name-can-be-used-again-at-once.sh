#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/lxc.bash"

serve_lxc
for _ in {1..10}; do
    expect_code 0 postern exec --container again "$TARGET" sh -c 'test ! -e /mark && touch /mark'
done
# Its client is gone, and its session not yet: the next one waits for that, and gets a new one.
begin gone --container again -- sh -c 'touch /mark; trap "" HUP TERM; echo up; sleep 4242; sleep 4242'
wait_for 'grep -q up gone.out'
kill -KILL "$CLIENT"
expect_code 0 postern exec --container again "$TARGET" test ! -e /mark
# One that goes on keeps it, and is not touched.
begin stays --container again -- sh -c 'touch /mark; echo up; until [ -e /done ]; do sleep 0.1; done; exit 4'
wait_for 'grep -q up stays.out'
expect_code 125 postern exec --container again "$TARGET" true 2>err
expect_match 'refused' "container 'again' belongs to a session that goes on" "$(<err)"
lxc-attach -n again -- /bin/touch /done
client 4
no_containers
# All at once: each gets it in turn, or is told.
for i in 1 2 3 4; do
    postern exec --container again "$TARGET" sh -c 'test ! -e /mark && touch /mark' 2>"all-$i.err" && touch "all-$i.ok" &
done
wait
ls all-?.ok >/dev/null || fail "nobody got it: $(cat all-?.err)"
no_containers
