#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
open_session --name kept --operator me@desk --detach-keys ctrl-p,ctrl-q
unit=$(units)
status() { systemctl status "$unit"; }
wait_for 'status | grep -q "as root on /dev/pts/.*, for unix:uid=0,"'
expect_match 'who is attached' 'kept .* attached .* me@desk' "$(postern ps "$TARGET")"
type_line "while [ ! -e $WORK/go ]; do sleep 0.05; done; echo mis''sed"
# The first key of the sequence is still the session's when another follows.
type_keys C-p C-q
on_screen '^local[$#] *$'
on_screen 'detached; `postern attach unix:/run/postern/postern.sock [0-9a-f]{12}` returns'
wait_for is_cooked
type_line 'echo code=$?'
on_screen 'code=0'
wait_for 'status | grep -q "detached since 20"'
expect_match 'nobody is attached' 'kept +root +sh +detached' "$(postern ps "$TARGET")"

touch go
wait_for '[[ $(postern logs "$TARGET" kept) == *missed* ]]'
clear_screen
on_screen '^local[$#] *$'
type_line "postern attach --detach-keys ctrl-p,ctrl-q $TARGET kept"
on_screen '^missed'
on_screen '^session>'
wait_for 'status | grep -q "held by .*unix:uid=0.* since 20"'
type_line 'echo again'
on_screen '^again'
type_keys C-p C-q
on_screen 'detached; `postern attach'
clear_screen
on_screen '^local[$#] *$'
# ^] three times ends it for good, also for who has come later.
type_line "postern attach $TARGET kept"
wait_for 'status | grep -q "held by"'
type_keys C-] C-] C-]
on_screen '^local[$#] *$'
no_units_left
expect_code 125 postern status "$TARGET" kept 2>err
expect_match 'forgotten' "no session 'kept'" "$(<err)"
