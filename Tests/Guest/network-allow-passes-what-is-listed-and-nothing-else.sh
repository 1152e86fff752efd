#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
serve here tcp:3128 tcp:3129 udp:5300
container inside listed network=allow 'allow=tcp 192.0.2.2 443' 'allow=tcp 198.51.100.0/24 8000-8001' \
    'allow=udp 192.0.2.2 53' 'allow=icmp 192.0.2.2' 'allow=tcp 2001:db8::2 443' 'allow=udp 2001:db8::/125 53' \
    'allow=icmp 2001:db8::2' 'allow=tcp host 3128' 'allow=icmp host' 'allow=udp 192.0.2.1 5300'

# Passed, and behind this machine's address
expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 443
expect_reach 'reached by 192.0.2.1' "$inside" udp 192.0.2.2 53
expect_reach 'reached by 192.0.2.1' "$inside" tcp 198.51.100.1 8000
expect_reach 'reached by 192.0.2.1' "$inside" tcp 198.51.100.1 8001
expect_reach reached "$inside" icmp 192.0.2.2
expect_reach 'reached by 2001:db8::1' "$inside" tcp 2001:db8::2 443
expect_reach 'reached by 2001:db8::1' "$inside" udp 2001:db8::2 53
expect_reach 'reached by 2001:db8::1' "$inside" udp 2001:db8::3 53
expect_reach reached "$inside" icmp 2001:db8::2

# Another port, address or protocol
expect_denied "$inside" tcp 192.0.2.2 80
expect_denied "$inside" tcp 192.0.2.3 443
expect_denied "$inside" udp 192.0.2.2 443
expect_denied "$inside" udp 192.0.2.3 53
expect_denied "$inside" tcp 198.51.100.1 443
expect_denied "$inside" icmp 192.0.2.3
expect_denied "$inside" tcp 2001:db8::2 80
expect_denied "$inside" tcp 2001:db8::3 443
expect_denied "$inside" udp 2001:db8::2 443
expect_denied "$inside" icmp 2001:db8::3
expect_denied "$inside" tcp 169.254.169.254 80

# This machine: what is listed, by that word or its exact address
expect_reach "reached by $inside4" "$inside" tcp 10.213.0.1 3128
expect_reach "reached by $inside4" "$inside" udp 192.0.2.1 5300
expect_reach reached "$inside" icmp 10.213.0.1
expect_match 'IPv6 address' '^reached by fd50:6f73:7465:726e::' "$(reach "$inside" tcp fd50:6f73:7465:726e::1 3128)"
expect_denied "$inside" tcp 10.213.0.1 3129
expect_denied "$inside" tcp 192.0.2.1 3128
expect_denied "$inside" udp 203.0.113.1 5300
expect_denied "$inside" tcp 2001:db8::1 3128

# An error from beyond is an answer, too.
in_ns "$world" nft -f - <<'NFT'
table inet closed {
    chain input {
        type filter hook input priority 0
        udp dport 53 reject
    }
}
NFT
expect_reach refused "$inside" udp 192.0.2.2 53
"$network" down listed
expect_reach unreachable "$inside" tcp 192.0.2.2 443
