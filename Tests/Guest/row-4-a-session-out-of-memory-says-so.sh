#!/usr/bin/env bash
# needs: controllers postern
# timeout: 200
. "$(dirname "$0")/sessions.bash"

drop_in postern@.service Service MemoryMax=60M MemorySwapMax=0
serve
begin hungry -- python3 -c 'x = b"x" * (300 << 20)'
client 137
expect_eq 'oom' true "$(json hungry.json oom)"
expect_eq 'signal' SIGKILL "$(json hungry.json signal_name)"
expect_match 'message' 'for want of memory' "$(<hungry.err)"
expect_match 'outcome' '^killed by SIGKILL, out of memory' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
nothing_left
