#!/usr/bin/env bash
# needs: vm postern
# Debian's kernel tracks connections on bridges (nf_conntrack_bridge); what kernel a container guest runs on, who knows.
# timeout: 120
. "$(dirname "$0")/network.bash"

# An operator's bridge, with this machine, a world, and two containers on it
world
ip link add bridge0 type bridge stp_state 0
ip address add 203.0.113.2/24 dev bridge0
ip address add 2001:db8:1::2/64 dev bridge0 nodad
sysctl --quiet --write net.ipv6.conf.bridge0.accept_dad=0 net.ipv4.conf.bridge0.forwarding=1
ip link set bridge0 up
links+=(bridge0)
namespace other
ip link add onbridge type veth peer name eth0 netns "$other"
# Without an address of its own, which would come when it likes.
ip link set onbridge master bridge0 addrgenmode none up
in_ns "$other" ip -batch - <<'BATCH'
link set eth0 address 02:00:00:00:00:03
link set eth0 up
addr add 203.0.113.3/24 dev eth0
addr add 2001:db8:1::3/64 dev eth0 nodad
route add default via 203.0.113.2
BATCH
serve "$other" tcp:443 tcp:80 udp:53 udp:443
in_ns "$world" ip route add 203.0.113.0/24 via 192.0.2.1
before=$(state)

bridge=(bridge=bridge0 address=203.0.113.16-203.0.113.17/24 gateway=203.0.113.2)
container inside first network=allow "${bridge[@]}" 'allow=tcp 203.0.113.3 443' 'allow=udp 192.0.2.0/24 53' \
    'allow=tcp host 3128' 'allow=icmp 203.0.113.3'
serve "$inside" tcp:8080 udp:8080
serve here tcp:3128 tcp:3129
expect_match 'its address' '^203.0.113.1[67]$' "$inside4"

# Passed: on the bridge itself, through this machine, and to it
expect_reach "reached by $inside4" "$inside" tcp 203.0.113.3 443
expect_reach reached "$inside" icmp 203.0.113.3
expect_reach "reached by $inside4" "$inside" udp 192.0.2.2 53
expect_reach "reached by $inside4" "$inside" tcp 203.0.113.2 3128
# Another port, address or protocol
expect_silence "$inside" tcp 203.0.113.3 80
expect_silence "$inside" udp 203.0.113.3 53
expect_denied "$inside" tcp 192.0.2.2 443
expect_denied "$inside" udp 198.51.100.1 53
expect_denied "$inside" tcp 203.0.113.2 3129
expect_reach unreachable "$inside" tcp 2001:db8:1::3 443
# The other way
for from in "$other" "$world" here; do
    for protocol in tcp udp icmp; do
        expect_match "$protocol from $from" '^(silent|prohibited)$' "$(REACH_SECONDS=0.5 reach "$from" "$protocol" "$inside4" 8080)"
    done
done
expect_eq 'seen inside' ready "$(<"seen-$inside")"

# Forged addresses, and frames of another VLAN
seen() { grep -c . "seen-$other"; }
count=$(seen)
forge "$inside" 203.0.113.99 203.0.113.3 443 02:00:00:00:00:03
forge "$inside" 2001:db8:1::99 2001:db8:1::3 443 02:00:00:00:00:03
"$network" up first "$inside" <<<"network=full
$(printf '%s\n' "${bridge[@]}")"
inside4=$(in_ns "$inside" ip -4 -oneline addr show scope global | awk '{ sub("/.*", "", $4); print $4 }')
in_ns "$other" nft -f - <<'NFT'
table netdev tags {
    chain ingress {
        type filter hook ingress device eth0 priority 0
        ether type 8021q counter
    }
}
NFT
tagged() { in_ns "$other" nft list table netdev tags | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
inside_mac=$(in_ns "$inside" ip -brief link show eth0 | awk '{ print $3 }')
forge "$inside" 203.0.113.99 203.0.113.3 443 02:00:00:00:00:03
forge "$inside" 2001:db8:1::99 2001:db8:1::3 443 02:00:00:00:00:03
forge "$inside" "$inside4" 203.0.113.3 443 02:00:00:00:00:03 02:00:00:00:00:99
forge "$inside" "$inside4" 203.0.113.3 443 02:00:00:00:00:03 "$inside_mac" 5
expect_reach "reached by $inside4" "$inside" udp 203.0.113.3 443
expect_eq 'seen on the bridge' "$((count + 1))" "$(seen)"
expect_eq 'tagged frames' 0 "$(tagged)"
# Its right one arrives by the same means; and without the rules, all do.
forge "$inside" "$inside4" 203.0.113.3 443 02:00:00:00:00:03
wait_for '(($(seen) == count + 2))'
expect_denied "$inside" tcp 203.0.113.2 3128
expect_reach "reached by $inside4" "$inside" tcp 192.0.2.2 443

# Containers of one bridge are apart, at its lowest level and above; and their addresses are their own.
container listed second network=full "${bridge[@]}"
expect_eq 'addresses' 203.0.113.33 "203.0.113.$((${inside4##*.} + ${listed4##*.}))"
serve "$listed" tcp:8080 udp:8080
for protocol in tcp udp icmp; do
    expect_match "$protocol between containers" '^(silent|prohibited|refused)$' \
        "$(REACH_SECONDS=0.5 reach "$inside" "$protocol" "$listed4" 8080)"
done
third=
namespace third
says 1 "$network" up third "$third" < <(printf '%s\n' network=full "${bridge[@]}")
expect_match 'no address' '^network: third: there is no address left' "$said"
"$network" down second

nft delete table bridge postern-first
forge "$inside" 203.0.113.99 203.0.113.3 443 02:00:00:00:00:03
forge "$inside" "$inside4" 203.0.113.3 443 02:00:00:00:00:03 02:00:00:00:00:99
forge "$inside" "$inside4" 203.0.113.3 443 02:00:00:00:00:03 "$inside_mac" 5
wait_for '(($(seen) == count + 4 && $(tagged) == 1))'
"$network" down first

# IPv6 on the bridge
container inside six network=allow bridge=bridge0 address=2001:db8:1::16/64 gateway=2001:db8:1::2 \
    'allow=tcp 2001:db8:1::3 443' 'allow=icmp 2001:db8:1::3' 'allow=tcp 2001:db8::2 443'
expect_reach 'reached by 2001:db8:1::16' "$inside" tcp 2001:db8:1::3 443
expect_reach 'reached' "$inside" icmp 2001:db8:1::3
expect_silence "$inside" tcp 2001:db8:1::3 80
expect_denied "$inside" tcp 2001:db8::2 80
third=
namespace third
says 1 "$network" up third "$third" <<<$'network=full\nbridge=bridge0\naddress=2001:DB8:1:0::0016/64'
expect_match 'the same address' '^network: third: there is no address left' "$said"
"$network" down six
nothing_left
