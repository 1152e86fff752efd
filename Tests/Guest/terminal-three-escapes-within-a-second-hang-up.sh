#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
open_session
type_keys C-] C-] C-]
at_local_prompt
type_line 'echo code=$?'
on_screen 'code=129'
wait_for is_cooked
no_units_left

clear_screen
open_session --no-escape
type_keys C-] C-] C-]
type_keys C-c
type_line 'echo still here'
on_screen '^still here'
type_line exit
at_local_prompt
