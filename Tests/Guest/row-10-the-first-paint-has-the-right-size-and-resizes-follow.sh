#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal 91x27
type_line "postern exec -it $TARGET sh -c 'stty size; trap \"echo size now \$(stty size)\" WINCH; while :; do sleep 0.1; done'"
on_screen '^27 91$'
tm set-option -g window-size manual >/dev/null
tm resize-window -x 70 -y 20
type_keys C-c
at_local_prompt
type_line "postern exec -it $TARGET sh -c 'stty size; trap \"stty size\" WINCH; while :; do sleep 0.1; done'"
on_screen '^20 70$'
tm resize-window -x 61 -y 18
on_screen '^18 61$'

expect_eq 'without a terminal of its own' '24 80' "$(postern exec -t "$TARGET" stty size </dev/null | tr -d '\r')"
