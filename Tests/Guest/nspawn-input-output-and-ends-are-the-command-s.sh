#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/nspawn.bash"

serve_nspawn
in_each_way check_stdio check_ends check_not_found check_shell
as_before
