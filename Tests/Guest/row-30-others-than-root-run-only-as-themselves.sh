#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

drop_in postern.socket Socket SocketMode=0666
serve
as_alice() { runuser -u alice -- postern exec "$@"; }
expect_eq 'herself' 'alice alice' "$(as_alice "$TARGET" sh -c 'echo $(id -un) $(id -Gn)')"
expect_eq 'by name' alice "$(as_alice -u alice "$TARGET" id -un)"
chmod 0777 .

# refused WHAT PATTERN OPTION...
refused() {
    local what=$1 pattern=$2 session
    shift 2
    expect_code 125 as_alice --json-result "$what.json" "$@" "$TARGET" id 2>err >out
    expect_eq "$what: output" '' "$(<out)"
    expect_match "$what: message" "$pattern" "$(<err)"
    session=$(json "$what.json" session)
    expect_eq "$what: stage" policy "$(entry "$session" failed POSTERN_STAGE)"
    expect_match "$what: journal" "$pattern" "$(entry "$session" failed POSTERN_REASON)"
    expect_match "$what: peer" '^unix:uid=1000,' "$(entry "$session" failed POSTERN_PEER)"
}
refused root 'only run as itself' -u root
refused bob 'only run as itself' -u bob
refused number 'only run as itself' -u 0
refused group 'not in group' -u alice:root
refused oom 'only root may go below 0' --oom-score-adj=-1
hard=$(postern exec "$TARGET" sh -c 'ulimit -Hn')
refused rlimit 'above the hard limit' --rlimit "nofile=$((hard + 1))"
expect_eq 'an rlimit she may set' 64 "$(as_alice --rlimit nofile=64 "$TARGET" sh -c 'ulimit -n')"
expect_eq 'an oom score she may set' 7 "$(as_alice --oom-score-adj 7 "$TARGET" cat /proc/self/oom_score_adj)"
nothing_left
