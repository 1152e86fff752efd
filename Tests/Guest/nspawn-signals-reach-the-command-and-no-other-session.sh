#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/nspawn.bash"

serve_nspawn
check_signals_alone
as_before
