#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/podman.bash"

serve_podman
check_signals_alone
as_before
