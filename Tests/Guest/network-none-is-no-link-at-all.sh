#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
before=$(state)
for policy in '' '# nothing' network=none; do
    container inside none "$policy"
    expect_eq "links with '$policy'" lo "$(in_ns "$inside" ip -brief link show | awk '{ print $1 }')"
    expect_reach unreachable "$inside" tcp 192.0.2.2 443
    nothing_left
    "$network" down none
    nothing_left
done
# A container that was made under another policy loses it.
container inside none network=full
expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 443
"$network" up none "$inside" </dev/null
expect_reach unreachable "$inside" tcp 192.0.2.2 443
