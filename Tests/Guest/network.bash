# Machines for the network tests: this one, a world behind it, and network namespaces in the place of containers.
# A test begins with: . "$(dirname "$0")/network.bash"
# shellcheck shell=bash disable=SC2317  # functions are called by name
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

network=/usr/libexec/postern/network
# What the tests call their machines: process numbers, and addresses.
# shellcheck disable=SC2034  # used there
world='' inside='' inside4='' inside6='' other='' other4='' listed='' listed4=''
packets=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/network.py

# What was there before, to compare with in the end. A process that ends takes its namespace along, but not at once.
state() {
    nft list ruleset
    ip -oneline link show | sed 's/^[0-9]*: //; s/ state [A-Z]*//; s/<[^>]*>//'
    ip rule
    ip -6 rule
    ip route show table all
    ip neigh show nud permanent
    find /run -maxdepth 3 -path "/run/postern*" | sort
}
before=$(state)
nothing_left() {
    local now
    same() { now=$(state) && [[ $now == "$before" ]]; }
    local end=$((SECONDS + 10 * ${SLOW:-1}))
    until same; do
        ((SECONDS < end)) || fail "left: $(diff <(echo "$before") <(echo "$now"))"
        sleep 0.05
    done
}

others=() containers=() links=()
finish() {
    local code=$? name
    for name in "${containers[@]}"; do
        "$network" down "$name" || code=1
    done
    ((${#others[@]} == 0)) || kill "${others[@]}" 2>/dev/null || :
    sysctl --quiet --write "net.ipv4.ip_forward=$forward4" "net.ipv6.conf.all.forwarding=$forward6" || code=1
    for name in "${links[@]}"; do
        # One may be gone with the namespace that has its other end.
        ip link delete "$name" 2>/dev/null || [[ ! -e /proc/sys/net/ipv4/conf/$name ]] || code=1
    done
    exit "$code"
}
forward4=$(sysctl --values net.ipv4.ip_forward) forward6=$(sysctl --values net.ipv6.conf.all.forwarding)
trap finish EXIT

# says CODE CMD...: the command ends with this code, and $said is all that it said
says() {
    local expected=$1 code=0
    shift
    said=$("$@" 2>&1) || code=$?
    expect_eq "exit code of $* ($said)" "$expected" "$code"
}

# namespace VARIABLE: a process alone in a network of its own, and its pid
namespace() {
    local -n pid_of=$1
    unshare --net sleep infinity &
    pid_of=$!
    others+=("$!")
    elsewhere() { [[ ! /proc/$pid_of/ns/net -ef /proc/self/ns/net && $(</proc/"$pid_of"/comm) == sleep ]]; }
    wait_for elsewhere
}

# in_ns PID CMD...: `here` is this machine
in_ns() {
    if [[ $1 == here ]]; then "${@:2}"; else nsenter --target "$1" --net -- "${@:2}"; fi
}

# serve PID PROTOCOL:PORT...: and who was seen there goes to the file seen-PID
serve() {
    local enter=(nsenter --target "$1" --net --)
    [[ $1 != here ]] || enter=()
    # One process, so that its number is what there is to end.
    "${enter[@]}" python3 "$packets" serve "${@:2}" >"seen-$1" &
    others+=("$!")
    wait_for "grep -qs ready seen-$1"
}

# The world: 192.0.2.2 to 192.0.2.9 and 2001:db8::2 on the link, 198.51.100.1 and others behind it, and a cloud's
# metadata service. It also knows the way to the containers, so that only rules keep it out.
world() {
    namespace world
    ip link add world type veth peer name eth0 netns "$world"
    links+=(world)
    # No waiting for neighbours that might have the same address.
    sysctl --quiet --write net.ipv6.conf.world.accept_dad=0
    in_ns "$world" sysctl --quiet --write net.ipv6.conf.eth0.accept_dad=0
    ip -batch - <<'BATCH'
addr add 192.0.2.1/24 dev world
addr add 203.0.113.1/32 dev world
addr add 2001:db8::1/64 dev world nodad
link set dev world up
route add 198.51.100.0/24 via 192.0.2.2
route add 169.254.169.254/32 via 192.0.2.2
route add fd00:ec2::254/128 via 2001:db8::2
BATCH
    in_ns "$world" ip -batch - <<'BATCH'
link set dev lo up
addr add 192.0.2.2/24 dev eth0
addr add 192.0.2.3/24 dev eth0
addr add 198.51.100.1/32 dev lo
addr add 169.254.169.254/32 dev lo
addr add fd00:ec2::254/128 dev lo nodad
addr add 2001:db8::2/64 dev eth0 nodad
addr add 2001:db8::3/64 dev eth0 nodad preferred_lft 0
link set dev eth0 up
route add default via 192.0.2.1
route add default via 2001:db8::1
BATCH
    # Nothing but this interface forwards: the one that answers come in by.
    sysctl --quiet --write net.ipv4.ip_forward=0 net.ipv4.conf.world.forwarding=1 net.ipv6.conf.all.forwarding=1
    serve "$world" tcp:443 tcp:80 tcp:8000 tcp:8001 udp:53 udp:443
}

# container VARIABLE NAME POLICY-LINE...: a namespace under a policy; VARIABLE is its pid, and VARIABLE4 its address
container() {
    # shellcheck disable=SC2178  # a name, not an array
    local -n address_of=${1}4
    namespace "$1"
    containers+=("$2")
    printf '%s\n' "${@:3}" | "$network" up "$2" "${!1}"
    # shellcheck disable=SC2034  # that is the caller's
    address_of=$(in_ns "${!1}" ip -4 -oneline addr show scope global | awk '{ sub("/.*", "", $4); print $4 }')
}

# reach PID PROTOCOL ADDRESS [PORT]; nobody waits long for silence
reach() { in_ns "$1" python3 "$packets" reach "$2" "$3" "${4:-0}" ${REACH_SECONDS:+"$REACH_SECONDS"}; }
expect_reach() { expect_eq "${*:2}" "$1" "$(reach "${@:2}")"; }
# Told so: by a reset, which the kernel always sends, or by ICMP, of which it sends a few a second.
expect_denied() {
    local told='^(prohibited|silent)$'
    [[ $2 != tcp ]] || told='^refused$'
    expect_match "$*" "$told" "$(REACH_SECONDS=0.5 reach "$@")"
}
expect_silence() { expect_eq "$*" silent "$(REACH_SECONDS=0.5 reach "$@")"; }
forge() { in_ns "$1" python3 "$packets" forge "${@:2}"; }
