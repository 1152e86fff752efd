#!/usr/bin/env bash
# needs: postern trixie
# timeout: 600
# Every way out of a session at every moment of its container.
. "$(dirname "$0")/lxc-moments.bash"

for container in '' '--container=named'; do
    # shellcheck disable=SC2206  # one word, or none
    container=($container)
    settings default
    for way in "${ways[@]}"; do
        for moment in "${moments[@]}" ${container:+mv}; do at "$moment" "$way"; done
    done
    settings default network=allow 'allow=tcp host 3128'
    for way in "${ways[@]}"; do
        for moment in "${links[@]}"; do at "$moment" "$way"; done
    done
    # While it runs: also a watchdog, a limit of time, an end of its socket, and its own.
    for way in term kill abort stop client; do
        begin "running-$way-${#container[@]}" "${container[@]}" -- sh -c 'setsid sleep 4242 & sleep 4242'
        end_by "$way"
        client 125 129 137 143
        no_containers
    done
    in_background limit postern exec --timeout 1 "${container[@]}" "$TARGET" sleep 4242
    client 129 137
    no_containers
    expect_code 5 postern exec "${container[@]}" "$TARGET" sh -c 'setsid sleep 4242 & exit 5'
    no_containers
    in_background "socket-${#container[@]}" postern exec "${container[@]}" "$TARGET" sh -c 'echo up; sleep 1; exit 6'
    wait_for 'grep -q up "socket-${#container[@]}.out"'
    systemctl stop postern-lxc.socket
    client 6
    systemctl start postern-lxc.socket
    no_containers
    touch "$WORK/refuse"
    expect_code 125 postern exec "${container[@]}" "$TARGET" true 2>/dev/null
    rm "$WORK/refuse"
    no_containers
    # The socket's end changes nothing, and a limit of time is the same, whatever the container is called.
    ways=(term kill abort stop client)
done

# One that is to be kept is not, before it was once ready. Afterwards it is, until it is removed, with its network.
settings default destroy-on-exit=no network=allow 'allow=tcp host 3128'
for container in '' '--container=named'; do
    # shellcheck disable=SC2206  # one word, or none
    container=($container)
    for way in "${ways[@]}" limit; do
        check=no_containers
        for moment in before-prepare creating starting-pre-start starting-start-host after-network-up; do at "$moment" "$way"; done
        check=no_units_left
        for moment in after-prepare before-release; do
            at "$moment" "$way"
            expect_eq 'kept' RUNNING "$(lxc-info -sH -n "$(lxc-ls -1)")"
            destroy
            no_containers
        done
    done
done
