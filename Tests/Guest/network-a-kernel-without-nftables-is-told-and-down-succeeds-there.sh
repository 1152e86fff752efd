#!/usr/bin/env bash
# needs: postern
# A kernel that lacks it is one whose sockets of that kind cannot be opened.
. "$(dirname "$0")/network.bash"

world
namespace inside
before=$(state)
mkdir shims
cat >shims/nft <<'SHIM'
#!/bin/bash
PATH=${PATH#*:}
exec strace --quiet=all --output=/dev/null --inject=socket:error=EPROTONOSUPPORT nft "$@"
SHIM
chmod 0755 shims/nft
says 1 env PATH="$PWD/shims:$PATH" "$network" up without "$inside" <<<network=full
expect_eq 'message' 'network: without: this kernel has no nftables: modprobe nf_tables' "$said"
nothing_left
says 0 env PATH="$PWD/shims:$PATH" "$network" down without
expect_eq 'message' '' "$said"
# Without a policy there is no need of it.
says 0 env PATH="$PWD/shims:$PATH" "$network" up without "$inside" </dev/null
