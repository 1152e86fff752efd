#!/usr/bin/env bash
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal 80x24
type_line "postern exec -it $TARGET bash --norc --noprofile"
on_screen '^bash-'

type_line "vi -u NONE $WORK/note"
on_screen '^~'
type_keys i
type_keys -l 'written in the session'
type_keys Escape
type_line ':wq'
on_screen '^bash-'
wait_for "grep -qx 'written in the session' $WORK/note"

clear_screen
type_line top
on_screen 'PID +USER'
tm set-option -g window-size manual >/dev/null
tm resize-window -x 60 -y 15
wait_for '(( $(screen | wc -l) == 15 ))'
on_screen 'PID +USER'
type_keys q
on_screen '^bash-'

type_line 'tmux -L inner -f /dev/null new-session'
on_screen '\[0\] '
type_line 'echo "in $TMUX"'
on_screen 'in /tmp/tmux'
type_line exit
on_screen '\[exited\]'

mkdir -p "$WORK/directory-with-one-file"
touch "$WORK/directory-with-one-file/the-file"
clear_screen
type_keys -l "ls $WORK/directory-w"
type_keys Tab
on_screen 'directory-with-one-file/'
type_keys Enter
on_screen '^the-file'
type_line exit
at_local_prompt
