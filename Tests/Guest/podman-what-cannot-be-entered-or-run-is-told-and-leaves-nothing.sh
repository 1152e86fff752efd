#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/podman.bash"

serve_podman
refused prepare 'name a running one'
refused prepare "no container 'nosuch'" --container nosuch
refused prepare "image 'nosuch' is not here" --image nosuch
refused prepare "a container 'box' already" --image localhost/tools:1 --container box
refused open container --container ../box
refused open image --image -x
podman create --name stopped --network=none localhost/tools:1 >/dev/null
remember
refused prepare "'stopped' is created, not running" --container stopped
# What podman exec has no word for
expect_code 125 postern exec --container box --rlimit nofile=9 "$TARGET" true 2>err
expect_match 'limit' '--rlimit goes with --image' "$(<err)"
refused policy mkdir --container box -w /tmp/x --mkdir

# The name of a new container is its own, free again at once, and nobody else's meanwhile.
for _ in 1 2; do
    expect_eq 'exit code' 3 "$(postern exec --image localhost/tools:1 --container named "$TARGET" sh -c 'exit 3' || echo $?)"
done
begin first --image localhost/tools:1 --container named -- sh -c 'echo me >/tmp/name; sleep 4242'
wait_for '[[ $(session_processes) ]]'
said=$(postern exec --image localhost/tools:1 --container named "$TARGET" true 2>&1) || :
expect_match 'the name' "a container 'named' already" "$said"
expect_eq 'into it' me "$(postern exec --container named "$TARGET" cat /tmp/name)"
postern kill -s KILL "$TARGET" first >/dev/null
client 137
as_before
