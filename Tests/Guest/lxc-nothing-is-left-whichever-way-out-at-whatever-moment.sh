#!/usr/bin/env bash
# needs: postern
# timeout: 600
# Every way out of a session at every moment of its container, which is held there: real programs, with a pause before
# or behind them.
. "$(dirname "$0")/lxc.bash"

serve_lxc
options POSTERN_OPTIONS=--grace=1
mkdir "$WORK/bin" "$WORK/real"
# script FILE LINE...: a program that pauses
script() {
    printf '%s\n' '#!/bin/bash' "$pausing" "${@:2}" >"$1"
    chmod 0755 "$1"
}
script "$WORK/helper" "export PATH=$WORK/bin:\$PATH" 'pause "before-$1"' '/usr/libexec/postern/lxc "$1" || exit' 'pause "after-$1"' '[[ $1 != prepare || ! -e '"$WORK/refuse"' ]]'
# Those that the helper runs, found first in its PATH
script "$WORK/bin/lxc-start" 'pause creating' 'exec /usr/bin/lxc-start "$@"'
for program in mv rm; do
    script "$WORK/bin/$program" "pause $program" "exec /usr/bin/$program \"\$@\""
done
# LXC's own, which no longer belongs to the helper's process group
script "$WORK/hook" 'pause "starting-$LXC_HOOK_TYPE"'
settings config 'lxc.hook.version = 1' "lxc.hook.pre-start = $WORK/hook" "lxc.hook.start-host = $WORK/hook"
cp /usr/libexec/postern/network "$WORK/real/network"
script "$WORK/network" 'pause "before-network-$1"' "$WORK/real/network \"\$@\" || exit" 'pause "after-network-$1"'
mount --bind "$WORK/network" /usr/libexec/postern/network
on_exit 'umount /usr/libexec/postern/network'
before_lxc=$((before_lxc + 1))
unit=/run/systemd/system/postern-lxc@.service
sed "s#/usr/libexec/postern/lxc \(prepare\|release\)#$WORK/helper \1#g" /usr/lib/systemd/system/postern-lxc@.service >"$unit"
systemctl daemon-reload
on_exit "rm '$unit'; systemctl daemon-reload"

worker() { systemctl show --property=MainPID --value 'postern-lxc@*'; }
end_by() {
    case $1 in
        term) kill -TERM "$(worker)" ;;
        kill) kill -KILL "$(worker)" ;;
        abort) kill -ABRT "$(worker)" ;;
        stop) systemctl stop --no-block 'postern-lxc@*' ;;
        client) kill -KILL "$CLIENT" ;;
    esac
}

# at MOMENT WAY: a session that is held at the moment, and ended there. What is to remove it again is not held any more
# when it comes, unless it is what was held.
session=0
at() {
    echo "$1, $2"
    pause_at "$1"
    in_background "at-$((++session))" postern exec "${container[@]}" "$TARGET" true
    reached "$1"
    end_by "$2"
    case $1 in
        # The release helper: who cannot wait for it comes back to it.
        *release | rm | *-down) [[ $2 != kill && $2 != abort ]] || reached "$1" ;;
    esac
    case $1-$2 in *-prepare-* | mv-* | creating-* | starting-* | *-up-*) client 125 137 ;; esac
    pass "$1"
    client 0 125 129 137 143
    "$check"
}

moments=(before-prepare creating starting-pre-start starting-start-host after-prepare before-release rm after-release)
links=(before-network-up after-network-up before-network-down after-network-down)
check=no_containers
for container in '' '--container=named'; do
    # shellcheck disable=SC2206  # one word, or none
    container=($container)
    settings default
    for way in term kill abort stop client; do
        for moment in "${moments[@]}" ${container:+mv}; do at "$moment" "$way"; done
    done
    settings default network=allow 'allow=tcp host 3128'
    for way in term kill stop client; do
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
done

# One that is to be kept is not, before it was once ready. Afterwards it is, until it is removed, with its network.
settings default destroy-on-exit=no network=allow 'allow=tcp host 3128'
for container in '' '--container=named'; do
    # shellcheck disable=SC2206  # one word, or none
    container=($container)
    for way in term kill stop client; do
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
