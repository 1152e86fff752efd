#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/nspawn.bash"
. "$here/terminal.bash"

serve_nspawn
open_terminal
in_each_way check_terminal
as_before
