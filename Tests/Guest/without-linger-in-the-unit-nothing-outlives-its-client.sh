#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
# refused WHAT PATTERN OPTION...
refused() {
    local what=$1 pattern=$2
    shift 2
    expect_code 125 postern exec --json-result "$what.json" "$@" "$TARGET" touch "$WORK/began" 2>err
    expect_match "$what: message" "$pattern" "$(<err)"
    expect_eq "$what: stage" policy "$(json "$what.json" stage)"
    [[ ! -e began ]] || fail "$what: the command has run"
}
options 'POSTERN_OPTIONS=--max-linger=5'
refused above 'linger of 6 s is above the 5 s this unit allows \(--max-linger\)' --linger 6
expect_eq 'as much as it may' hello "$(postern exec --linger 5 "$TARGET" echo hello)"
options 'POSTERN_OPTIONS=--max-linger=0'
refused linger 'keeps no session without its client \(--max-linger=0' --linger 1
expect_eq 'field' linger "$(json linger.json field)"
refused detach 'keeps no session without its client \(--max-linger=0' -d
expect_eq 'field' detach "$(json detach.json field)"
python3 - <<'PYTHON'
import client
session = client.Session("cat", stdin=1)
assert session.until("STARTED", "ERROR")[0] == "STARTED"
session.send("DETACH")
name, content, _ = session.until("NOTICE", "SESSION", "ERROR")
assert name == "NOTICE" and content["about"] == "detach" and "--max-linger=0" in content["text"], (name, content)
# The connection goes on, and the session ends with it.
session.send_bytes("STDIN", b"on")
assert session.until("STDOUT") [1] == b"on"
session.socket.close()
PYTHON
nothing_left

. "$here/terminal.bash"
open_terminal
open_session --detach-keys ctrl-p,ctrl-q
type_keys C-p C-q
on_screen 'postern: detach: this unit keeps no session without its client'
type_line 'echo still here'
on_screen '^still here'
type_line exit
on_screen '^local'
nothing_left
