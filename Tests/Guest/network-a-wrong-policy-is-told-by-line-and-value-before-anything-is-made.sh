#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/network.bash"

world
before=$(state)
namespace inside

# refused REGEX LINE...: by check, and by up in the same words; one line, and nothing is made
refused() {
    local regex=$1 policy check
    shift
    policy=$(printf '%s\n' "$@")
    says 1 "$network" check <<<"$policy"
    expect_match "check of $policy" "^network: .*$regex" "$said"
    expect_eq "lines for $policy" 1 "$(wc -l <<<"$said")"
    check=$said
    says 1 "$network" up wrong "$inside" <<<"$policy"
    expect_eq "up with $policy" "$check" "$said"
    expect_eq "links with $policy" lo "$(in_ns "$inside" ip -brief link show | awk '{ print $1 }')"
}
refused "line 1: 'network': not KEY=VALUE" network
refused "line 3: 'netwrok=full': no such key: network, " '# a comment' '' 'netwrok=full'
refused "line 1: 'network=Full': network is one of none, allow, full" network=Full
refused "line 2: .*already" network=full network=none
refused 'network=allow lists nothing' network=allow
refused 'allow= means nothing with network=none' 'allow=tcp 192.0.2.1 1'
refused 'mean nothing with network=none' network=none bridge=world
# The allow list
refused "line 2: 'allow=sctp 192.0.2.1 1': the protocol is one of tcp, udp, icmp" network=allow 'allow=sctp 192.0.2.1 1'
refused "line 2: 'allow=tcp': the address is missing" network=allow allow=tcp
for address in example.org 192.0.2 192.0.2.256 192.0.2.01 192.0.2.1.1 1:2 1::2::3 1:2:3:4:5:6:7:8:9 12345:: :::1 1:2:3:4:5:6:7: \
    fe80::1%eth0 ::ffff:192.0.2.1 192.0.2.0/33 2001:db8::/129 192.0.2.0/024 192.0.2.0/ '192.0.2.0/-1' HOST '*' '$(id)'; do
    refused "line 2: 'allow=tcp .*': neither an address, nor a prefix, nor the word host: names are not looked up" \
        network=allow "allow=tcp $address 1"
done
refused 'the prefix of that length is 192.0.2.0/24' network=allow 'allow=tcp 192.0.2.1/24 1'
refused 'the prefix of that length is 2001:0db8:0000:0000:0000:0000:0000:0000/33' network=allow 'allow=tcp 2001:db8:1::/33 1'
for port in '' 0 65536 99999 1- -1 1-65536 http 080 1,2 1:2 '1-2-3'; do
    refused 'a port is a number from 1 to 65535, or a range' network=allow "allow=tcp 192.0.2.1 $port"
done
refused 'the range ends before it begins' network=allow 'allow=udp 192.0.2.1 20-10'
refused 'icmp has no ports' network=allow 'allow=icmp 192.0.2.1 8'
refused 'too many words' network=allow 'allow=tcp 192.0.2.1 1 2'
# Pools and bridges
refused 'line 2: .*not a prefix' network=full pool=10.0.0.0.0/8
refused 'length from 8 to 28' network=full pool=10.0.0.0/29
refused 'length 64' network=full pool=fd00::/48
refused 'already' network=full pool=10.0.0.0/16 pool=10.1.0.0/16
refused 'not the name of a bridge' network=full bridge=../../etc
refused 'not the name of a bridge' network=full bridge=a-name-of-more-than-15
refused 'needs an address=' network=full bridge=nosuch0
refused "bridge=nosuch0: there is no such interface: ip link add nosuch0 type bridge" \
    network=full bridge=nosuch0 address=192.0.2.16/24
refused 'bridge=world: that interface is not a bridge' network=full bridge=world address=192.0.2.16/24
refused 'address= and gateway= are for bridge=' network=full address=192.0.2.16/24
for address in 192.0.2.16 192.0.2.16/33 host/24 192.0.2.16/ -/24; do
    refused "line 2: .*not an address with its network's prefix length" network=full "address=$address" bridge=world
done
refused 'ends before it begins' network=full bridge=world address=192.0.2.16-192.0.2.15/24
refused 'more than one network' network=full bridge=world address=192.0.2.16-192.0.3.15/24
refused '192.0.2.x is not an address' network=full bridge=world address=192.0.2.16-192.0.2.x/24
refused 'not an address' network=full bridge=world address=192.0.2.16/24 gateway=192.0.2.0/24
refused 'of the same family' network=full bridge=world address=192.0.2.16/24 gateway=2001:db8::1
refused "one container's" network=full bridge=world address=192.0.2.16-192.0.2.17/24 address=2001:db8::16/64
# What the machine lacks
sysctl --quiet --write net.ipv4.conf.world.forwarding=0
refused 'network=full: nothing would be forwarded: sysctl net.ipv4.conf.INTERFACE.forwarding=1' network=full
sysctl --quiet --write net.ipv4.conf.world.forwarding=1 net.ipv6.conf.all.forwarding=0
refused 'no IPv6 would be forwarded: sysctl net.ipv6.conf.all.forwarding=1' network=allow 'allow=tcp 2001:db8::2 1'
sysctl --quiet --write net.ipv6.conf.all.forwarding=1
for tool in ip nft; do
    # Programs are links to where they are now, but for this one.
    mkdir "$tool"
    (cd /usr && printf '/mnt/%s\0' sbin/* bin/*) | xargs --null ln -sf --target-directory="$tool"
    rm "$tool/$tool"
    says 1 unshare --mount sh -c 'mount --rbind /usr /mnt &&
        mount --bind "$1" /usr/bin && mount --bind "$1" /usr/sbin && exec "$2" check' \
        sh "$tool" "$network" <<<network=full
    expect_match "without $tool" "^network: network=full needs $tool: apt-get install" "$said"
done

# And what is right passes, with all that may stand around it.
printf '  # comment\n\n\tnetwork=allow  \r\nallow=tcp\t192.0.2.0/24   443\nallow=udp 0.0.0.0/0 1-65535\nallow=icmp ::/0\nallow=tcp host 1' |
    "$network" check
for address in :: ::1 1:: 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 FE80::ABCD 2001:db8::; do
    "$network" check <<<$'network=allow\nallow=tcp '"$address 1"
done

# Names and processes
for name in '' . .. -a a/b 'a b' "$(printf 'a%.0s' {1..65})"; do
    says 1 "$network" up "$name" "$inside" <<<network=full
    expect_match "the name ${name@Q}" 'not the name of a container' "$said"
done
says 1 "$network" up name 4194304 <<<network=full
expect_match 'a process that is gone' '^network: name: there is no process 4194304: the container has ended$' "$said"
says 1 "$network" up name $$ <<<network=full
expect_match 'our own process' "in this machine's own network" "$said"
says 1 "$network" up name 0 <<<network=full
says 2 "$network" sideways name
nothing_left
