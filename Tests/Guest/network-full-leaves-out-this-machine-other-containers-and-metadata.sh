#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
serve here tcp:3128 udp:5300
container inside everything network=full
container other other network=full
serve "$other" tcp:8080 udp:8080

for port in 443 80 8000; do
    expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 "$port"
    expect_reach 'reached by 2001:db8::1' "$inside" tcp 2001:db8::2 "$port"
done
expect_reach 'reached by 192.0.2.1' "$inside" udp 198.51.100.1 53
expect_reach reached "$inside" icmp 198.51.100.1
expect_reach refused "$inside" tcp 192.0.2.2 9999

for address in 10.213.0.1 192.0.2.1 203.0.113.1 fd50:6f73:7465:726e::1 2001:db8::1; do
    expect_denied "$inside" tcp "$address" 3128
    expect_denied "$inside" udp "$address" 5300
done
# The other one's rules may come first, and say nothing.
for protocol in tcp udp icmp; do
    expect_match "$protocol to another container" '^(refused|prohibited|silent)$' \
        "$(REACH_SECONDS=0.5 reach "$inside" "$protocol" "$other4" 8080)"
done
expect_denied "$inside" tcp 169.254.169.254 80
expect_denied "$inside" tcp fd00:ec2::254 80

# Unless they are listed; and other containers are not let in even then.
container listed listed network=full 'allow=tcp 169.254.169.254 80' 'allow=tcp host 3128' "allow=tcp $other4 8080"
expect_reach 'reached by 192.0.2.1' "$listed" tcp 169.254.169.254 80
expect_denied "$listed" tcp 169.254.169.254 443
expect_reach "reached by $listed4" "$listed" tcp 10.213.0.1 3128
expect_silence "$listed" tcp "$other4" 8080
expect_eq 'seen by the other container' ready "$(<"seen-$other")"
