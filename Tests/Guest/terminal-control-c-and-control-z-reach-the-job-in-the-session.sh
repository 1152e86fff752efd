#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
type_line "postern exec -it $TARGET bash --norc --noprofile"
on_screen '^bash-'
type_line 'sleep 1000'
wait_for 'pgrep -x sleep >/dev/null'
type_keys C-c
wait_for '! pgrep -x sleep >/dev/null'
type_line 'echo code=$?'
on_screen 'code=130'
type_line 'sleep 1000'
wait_for 'pgrep -x sleep >/dev/null'
type_keys C-z
on_screen 'Stopped +sleep 1000'
type_line fg
type_keys C-c
wait_for '! pgrep -x sleep >/dev/null'
type_line 'ls /proc/self/environ_is_not | cat; exit 6'
on_screen 'local'
type_line 'echo code=$?'
on_screen 'code=6'
