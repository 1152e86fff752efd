#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
# The local shell says the code by itself: what is typed too early would go to the session.
type_line "postern exec -it $TARGET bash --norc --noprofile; echo co''de=\$?"
on_screen '^bash-'
type_line 'sleep 1000'
wait_for 'pgrep -x sleep >/dev/null'
type_keys C-c
wait_for '! pgrep -x sleep >/dev/null'
type_line 'echo inner=$?'
on_screen '^inner=130'
type_line 'sleep 1000'
wait_for 'pgrep -x sleep >/dev/null'
type_keys C-z
on_screen 'Stopped +sleep 1000'
type_line fg
wait_for '[[ $(ps -o stat= -C sleep) == S*+ ]]'
type_keys C-c
wait_for '! pgrep -x sleep >/dev/null'
type_line 'exit 6'
on_screen '^code=6'
