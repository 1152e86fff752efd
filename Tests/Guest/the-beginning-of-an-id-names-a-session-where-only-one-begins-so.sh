#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
forget_ended
python3 - <<'PYTHON'
import client
for id, name in (("abcd1111" + "0" * 24, "one"), ("abcd2222" + "0" * 24, "two")):
    session = client.Session("sleep", "4242", id=id, name=name, detach=1)
    assert session.until("STARTED", "ERROR")[0] == "STARTED"
    session.send_bytes("BYE", b"")
PYTHON
on_exit "postern rm $TARGET one two >/dev/null 2>&1"
for command in status attach logs kill rm wait; do
    expect_code 125 postern $command "$TARGET" abcd 2>err
    expect_match "$command: ambiguous" "'abcd' may be any of 2 sessions" "$(<err)"
    expect_code 125 postern $command "$TARGET" abc 2>err
    expect_match "$command: too short" "no session 'abc'" "$(<err)"
    expect_code 125 postern $command "$TARGET" abcd3 2>err
    expect_match "$command: none" "no session 'abcd3'" "$(<err)"
done
expect_eq 'unique' one "$(member "$(postern status --json "$TARGET" abcd1)" name)"
# A name is a name, though it is also how an id begins.
detached abcd1 -- sleep 4242
expect_eq 'name first' "$SESSION" "$(member "$(postern status --json "$TARGET" abcd1)" session)"
postern rm "$TARGET" abcd1111 two abcd1 >/dev/null
expect_eq 'sessions' '' "$(postern ps -q "$TARGET")"
nothing_left
