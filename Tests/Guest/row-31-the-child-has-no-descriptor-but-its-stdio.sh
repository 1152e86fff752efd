#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
list='import os
print(*sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)))'
for mode in '' -i -t -it; do
    # shellcheck disable=SC2086  # one option or none
    expect_eq "with '$mode'" '0 1 2' "$(postern exec $mode "$TARGET" python3 -c "$list" | tr -d '\r')"
done
