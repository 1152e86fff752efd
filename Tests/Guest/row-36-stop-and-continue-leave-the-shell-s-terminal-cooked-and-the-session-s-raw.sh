#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal 80x24
before=$(modes)
open_session
kill -TSTP "$(client)"
on_screen 'Stopped'
wait_for is_cooked
expect_eq 'stopped' "$before" "$(modes)"
tm set-option -g window-size manual >/dev/null
tm resize-window -x 66 -y 22
type_line fg
wait_for '[[ $(modes) == *-icanon* ]]'
type_line 'echo "size <$(stty size)>"'
on_screen 'size <22 66>'
type_line 'exit 4'
at_local_prompt
type_line 'echo code=$?'
on_screen 'code=4'
