#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/podman.bash"

serve_podman
in_each_way check_arguments check_users
expect_eq 'a group' '1000 44' "$(postern exec --container box -u alice:video "$TARGET" sh -c 'echo "$(id -u) $(id -g)"')"
as_before
