#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
mkfifo input
exec {typing}<>input
begin alive -i -- cat <input
say() {
    echo "$1" >&"$typing"
    wait_for "grep -qx '$1' alive.out"
}
say one
systemctl restart postern.socket
say two
systemctl daemon-reload
say three
systemctl daemon-reexec
say four
systemctl stop postern.socket
[[ ! -e /run/postern/postern.sock ]] || fail 'the socket file stays behind'
say five
expect_eq 'unit' active "$(systemctl is-active "$UNIT")"
serve
expect_eq 'another' other "$(postern exec "$TARGET" echo other)"
exec {typing}>&-
kill -TERM "$CLIENT"
client 143
nothing_left
