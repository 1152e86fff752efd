#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
for policy in 'network=full' $'network=allow\nallow=tcp 192.0.2.2 443\nallow=icmp 192.0.2.2'; do
    container inside closed "$policy"
    inside6=$(in_ns "$inside" ip -6 -oneline addr show scope global | awk '{ sub("/.*", "", $4); print $4 }')
    serve "$inside" tcp:8080 udp:8080
    expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 443
    for from in "$world" here; do
        for to in "$inside4" "$inside6"; do
            for protocol in tcp udp icmp; do
                expect_match "$protocol to $to" '^(silent|prohibited)$' "$(REACH_SECONDS=0.5 reach "$from" "$protocol" "$to" 8080)"
            done
        done
    done
    expect_eq 'seen inside' ready "$(<"seen-$inside")"
    # It was the rules that kept them out, and nothing else.
    nft delete table inet postern-closed
    expect_reach 'reached by 192.0.2.2' "$world" tcp "$inside4" 8080
    expect_reach 'reached by 10.213.0.1' here udp "$inside4" 8080
    expect_reach 'reached by 2001:db8::2' "$world" udp "$inside6" 8080
    "$network" down closed
done
