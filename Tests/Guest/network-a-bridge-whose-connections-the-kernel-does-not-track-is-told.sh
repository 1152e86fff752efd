#!/usr/bin/env bash
# needs: container postern
. "$(dirname "$0")/network.bash"

ip link add bridge0 type bridge
ip link set bridge0 up
links+=(bridge0)
namespace inside
before=$(state)
tracks() {
    nft --file - <<'NFT'
table bridge try {
    chain try {
        ct state established accept
    }
}
delete table bridge try
NFT
}
policy=$'network=full\nbridge=bridge0\naddress=192.0.2.16/24'
if tracks 2>/dev/null; then
    "$network" up bridged "$inside" <<<"$policy"
    "$network" down bridged
else
    says 1 "$network" up bridged "$inside" <<<"$policy"
    expect_eq 'message' 'network: bridged: bridge=bridge0: this kernel tracks no connections on bridges (nf_conntrack_bridge): leave bridge= out' "$said"
fi
nothing_left
