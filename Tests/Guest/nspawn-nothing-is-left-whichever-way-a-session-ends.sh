#!/usr/bin/env bash
# needs: postern trixie
# timeout: 400
. "$(dirname "$0")/nspawn.bash"

options POSTERN_OPTIONS=--grace=1
serve_nspawn
in_each_way check_gone check_ways_out check_moments
# A machine that is used is unharmed.
expect_code 0 postern exec --container box "$TARGET" true
# One that ends takes its sessions along.
begin gone --container box -- sleep 4242
systemctl stop box
client 137
[[ -z $(session_processes) ]] || fail 'a process stayed'
