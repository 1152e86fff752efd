#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
open_session
type_line 'echo "mine is <$(tty)>"'
on_screen 'mine is </dev/pts/[0-9]+>'
mine=$(screen | sed -n 's/^mine is <\(.*\)>$/\1/p')
[[ $mine != "$(tm display-message -p '#{pane_tty}')" ]] || fail "the session's terminal is the caller's: $mine"
# It is the session's controlling terminal, and the only one its leader has open.
type_line 'ls -l /proc/$$/fd | grep -c /dev/pts/; ps -o tty= -p $$ | sed "s|^|tty is |"'
on_screen "tty is ${mine#/dev/}"
type_line exit
on_screen local
