#!/usr/bin/env bash
# needs: postern vm
# timeout: 150
# Each moment and each way out, where the kernel and its controllers are the guest's own; in containers, which are
# faster, and here if it is asked for by its name, the test before this one tries every way at every moment.
. "$(dirname "$0")/lxc-moments.bash"

next=0
# in_turn MOMENT...: the next way out at each
in_turn() {
    local moment
    for moment; do
        at "$moment" "${ways[next++ % ${#ways[@]}]}"
    done
}

container=()
in_turn "${moments[@]}"
for way in kill stop client; do
    begin "running-$way" -- sh -c 'setsid sleep 4242 & sleep 4242'
    end_by "$way"
    client 125 129 137 143
    no_containers
done
settings default network=allow 'allow=tcp host 3128'
in_turn "${links[@]}"
container=(--container=named)
settings default destroy-on-exit=no network=allow 'allow=tcp host 3128'
# Those that end the session before it was ready: then nothing is kept.
next=0
in_turn mv after-network-up
check=no_units_left
in_turn before-release
expect_eq 'kept' RUNNING "$(lxc-info -sH -n named)"
destroy
no_containers
