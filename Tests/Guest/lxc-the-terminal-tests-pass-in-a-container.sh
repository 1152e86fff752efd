#!/usr/bin/env bash
# needs: postern
# timeout: 500
# The same tests as of the plain session, of a container that looks like the guest.
. "$(dirname "$0")/lxc.bash"

serve_lxc
guest_root
for test in row-10 row-13 row-18 row-32 row-36 terminal-control terminal-three terminal-vim; do
    for file in "$here/$test"*.sh; do
        basename "$file"
        mkdir "$WORK/it"
        (WORK=$WORK/it bash "$file") || fail "$(basename "$file")"
        rm -r "$WORK/it"
        no_containers
    done
done
