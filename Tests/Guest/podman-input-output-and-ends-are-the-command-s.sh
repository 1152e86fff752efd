#!/usr/bin/env bash
# needs: postern
# timeout: 200
. "$(dirname "$0")/podman.bash"

serve_podman
in_each_way check_stdio check_ends check_shell
check_not_found --container box
# With an init in front it is the init that does not find the command.
expect_code 1 postern exec --image localhost/tools:1 "$TARGET" no-such-program 2>err
expect_match 'said' 'No such file' "$(<err)"
settings "CGROUPS=$cgroups" INIT=no
check_not_found --image localhost/tools:1
as_before
