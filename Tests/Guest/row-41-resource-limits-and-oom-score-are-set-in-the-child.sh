#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
out=$(postern exec --rlimit nofile=100:200 --rlimit core=unlimited --oom-score-adj 321 "$TARGET" \
    sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj')
expect_eq 'limits' '100 200 unlimited 321' "${out//$'\n'/ }"
expect_code 125 postern exec --rlimit nofile=200:100 "$TARGET" true 2>err
expect_match 'message' 'nofile=200:100.*above the hard' "$(<err)"
nothing_left
