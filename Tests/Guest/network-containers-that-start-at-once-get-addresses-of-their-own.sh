#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
before=$(state)
# A pool for 13: sixteen less the network's own, this machine's, and the broadcast's.
policy=$'network=full\npool=10.99.0.0/28\npool=fd99::/64'
pids=() ups=()
for i in {1..13}; do
    namespace inside
    pids+=("$inside") containers+=("crowd.$i")
done
for i in {1..13}; do
    "$network" up "crowd.$i" "${pids[i - 1]}" <<<"$policy" &
    ups+=("$!")
done
for up in "${ups[@]}"; do
    wait "$up"
done
addresses() { for inside in "${pids[@]}"; do in_ns "$inside" ip "$1" -oneline addr show scope global; done | awk '{ print $4 }' | sort -V; }
expect_eq 'addresses' "$(printf '10.99.0.%d/32\n' {2..14})" "$(addresses -4)"
expect_eq 'IPv6 addresses' "$(printf 'fd99::%x/128\n' {2..14} | sort -V)" "$(addresses -6)"
for inside in "${pids[@]}"; do
    expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 443
done

# One more: told, and nobody is harmed.
full=$(state)
namespace inside
says 1 "$network" up one-more "$inside" <<<"$policy"
expect_match 'what it said' '^network: one-more: there is no address left: other containers have 10.99.0.0/28' "$said"
expect_eq 'state' "$full" "$(state)"
# With one gone there is room for one.
"$network" down crowd.7
"$network" up one-more "$inside" <<<"$policy"
expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 443
"$network" down one-more
for name in "${containers[@]}"; do
    "$network" down "$name"
done
nothing_left
