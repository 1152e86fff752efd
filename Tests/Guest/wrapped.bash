# A unit that wraps its commands, in what its helpers make, for the tests that source this. It is the plain unit with
# other flags; the wrapper is unshare, and what is made is a directory.
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/sessions.bash
. "$here/sessions.bash"

export TARGET=unix:/run/postern/postern-wrapped.sock
things=/run/postern-things
records=/var/lib/postern/cleanup/postern-wrapped

# serve_wrapped: makes the units and listens until the test ends
serve_wrapped() {
    local wrap='/usr/bin/unshare --pid --fork --mount-proc --kill-child {tty:/usr/bin/setsid} {tty:--ctty} /usr/bin/env --chdir={cwd} {env}'
    local release="$WORK/helper release" units=/run/systemd/system
    mkdir -p "$things"
    printf '%s\n' '#!/bin/bash' "$pausing" >"$WORK/helper"
    cat >>"$WORK/helper" <<'HELPER'
# Makes a directory for the session, or removes it; pauses before and after.
set -eu
cd "$(dirname "$0")"
thing=/run/postern-things/$POSTERN_SESSION
case $1 in
    prepare) pause before-prepare; mkdir "$thing"; pause prepared; if [[ -e refuse ]]; then cat refuse; exit 1; fi ;;
    release) pause before-release; [[ ! -e fail-release ]]; rm -rf "$thing" ;;
esac
HELPER
    chmod +x "$WORK/helper"
    sed 's#/postern\.sock#/postern-wrapped.sock#' /usr/lib/systemd/system/postern.socket >"$units/postern-wrapped.socket"
    sed -e "s#--history-dir=[^ ]*#--max-linger=0 --cleanup-dir=%S/postern/cleanup \"--wrap=$wrap\" \"--prepare=$WORK/helper prepare\" \"--release=$release\"#" \
        -e "/^ExecStart=/a ExecStopPost=/usr/libexec/postern-worker cleanup --template=%p --cleanup-dir=%S/postern/cleanup \"--release=$release\"" \
        /usr/lib/systemd/system/postern@.service >"$units/postern-wrapped@.service"
    systemctl daemon-reload
    systemctl start postern-wrapped.socket
    on_exit "systemctl stop 'postern-wrapped*'; rm -rf '$units'/postern-wrapped* '$things' '$records'; systemctl daemon-reload"
}

# The worker of the only wrapped session
worker() { systemctl show --property=MainPID --value 'postern-wrapped@*'; }

# Nothing of a wrapped session, nor of what was made for it
nothing_made() {
    nothing_left 20
    expect_eq 'things' '' "$(ls -A "$things")"
    expect_eq 'records' '' "$(ls -A "$records")"
}
