# Sessions in containers of LXC that are held at a moment and ended there: real programs, with a pause before or behind them.
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/lxc.bash
. "$here/lxc.bash"

serve_lxc
options POSTERN_OPTIONS=--grace=1
limit=$((1 + ${SLOW:-1}))
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
        socket) systemctl stop postern-lxc.socket ;;
        limit) ;; # comes by itself
    esac
}

# at MOMENT WAY: a session, with the options in `container`, that is held at the moment, and ended there; then what `check`
# says. What is to remove it again is not held any more when it comes, unless it is what was held.
session=0 container=()
check=no_containers
at() {
    echo "$1, $2"
    [[ $2 != limit ]] || options "POSTERN_OPTIONS=--grace=1 --helper-timeout=$limit"
    pause_at "$1"
    in_background "at-$((++session))" postern exec "${container[@]}" "$TARGET" true
    reached "$1"
    end_by "$2"
    if [[ $1 == @(*release|rm|*-down) ]]; then
        # Who cannot wait for the release helper comes back to it.
        [[ $2 != @(kill|abort|limit) ]] || reached "$1"
    elif [[ $2 != socket ]]; then
        client 125 137
    fi
    pass "$1"
    if [[ $2 == socket ]]; then client 0; else client 0 125 129 137 143; fi
    "$check"
    [[ $2 != socket ]] || systemctl start postern-lxc.socket
    [[ $2 != limit ]] || options POSTERN_OPTIONS=--grace=1
}

# Every way out; the moments of a container, and those of one with a link besides
export ways=(term kill abort stop client socket limit)
export moments=(before-prepare creating starting-pre-start starting-start-host after-prepare before-release rm after-release)
export links=(before-network-up after-network-up before-network-down after-network-down)
