#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
container inside forger network=full
container other other network=full
inside6=$(in_ns "$inside" ip -6 -oneline addr show scope global | awk '{ sub("/.*", "", $4); print $4 }')
gateway=$(in_ns "$inside" ip neigh show 10.213.0.1 | awk '{ print $5 }')

forge_all() {
    forge "$inside" 10.213.9.9 192.0.2.2 53 "$gateway"
    forge "$inside" "$other4" 192.0.2.2 53 "$gateway"
    forge "$inside" 192.0.2.1 192.0.2.2 53 "$gateway"
    forge "$inside" 198.51.100.77 192.0.2.2 53 "$gateway"
    forge "$inside" fd50:6f73:7465:726e::9:9 2001:db8::2 53 "$gateway"
    forge "$inside" 2001:db8::77 2001:db8::2 53 "$gateway"
    forge "$inside" "$inside4" 192.0.2.2 53 "$gateway" 02:00:00:00:00:77
}
forge_all
# What came after them arrives, and they have not.
expect_reach 'reached by 192.0.2.1' "$inside" udp 192.0.2.2 53
expect_reach 'reached by 2001:db8::1' "$inside" udp 2001:db8::2 53
expect_eq 'seen by the world' $'ready\n192.0.2.1\n2001:db8::1' "$(<"seen-$world")"
# The same datagrams with the right source do.
forge "$inside" "$inside4" 192.0.2.2 53 "$gateway"
forge "$inside" "$inside6" 2001:db8::2 53 "$gateway"
wait_for "[[ \$(wc -l <seen-$world) == 5 ]]"
# And without the rules, and the kernel's own check, the forged ones do.
nft delete table inet postern-forger
link=$(ip -oneline link show type veth | awk -F '[ @:]+' '/postern container forger/ { print $2 }')
sysctl --quiet --write "net.ipv4.conf.$link.rp_filter=0" net.ipv4.conf.all.rp_filter=0
forge "$inside" 198.51.100.77 192.0.2.2 53 "$gateway"
forge "$inside" 2001:db8::77 2001:db8::2 53 "$gateway"
forge "$inside" "$inside4" 192.0.2.2 53 "$gateway" 02:00:00:00:00:77
wait_for "[[ \$(wc -l <seen-$world) == 8 ]]"
expect_match 'seen by the world' '198.51.100.77' "$(<"seen-$world")"
expect_match 'seen by the world' '2001:db8::77' "$(<"seen-$world")"

# Nor does it answer for others: this machine knows the container's neighbour, and asks nobody.
in_ns "$inside" ip address add "$other4/32" dev eth0
expect_eq 'neighbours' "$inside4" "$(ip -4 neigh show dev "$link" | awk '{ print $1 }')"
