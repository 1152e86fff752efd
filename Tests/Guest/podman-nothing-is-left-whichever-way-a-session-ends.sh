#!/usr/bin/env bash
# needs: postern bookworm
# timeout: 500
. "$(dirname "$0")/podman.bash"

options POSTERN_OPTIONS=--grace=1
serve_podman
in_each_way check_gone check_ways_out check_moments
# A container that is used is unharmed.
expect_code 0 postern exec --container box "$TARGET" true
as_before
