#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/nspawn.bash"

serve_nspawn
in_each_way check_arguments check_users
expect_eq 'no text' $'\xff\xfe' "$(postern exec --container box "$TARGET" printf %s $'\xff\xfe')"
for way in container=box image=tools; do
    expect_eq "$way: limits" '100 200 321' "$(postern exec "--$way" --rlimit nofile=100:200 --oom-score-adj 321 "$TARGET" \
        sh -c 'echo "$(ulimit -Sn) $(ulimit -Hn) $(cat /proc/self/oom_score_adj)"')"
    # Rights are those of the machine's first process.
    expect_eq "$way: capabilities" 0 "$(postern exec "--$way" "$TARGET" sh -c 'grep CapBnd /proc/1/status >/tmp/1
        for set in CapPrm CapBnd; do grep "$set" /proc/self/status | sed "s/$set/CapBnd/" | cmp - /tmp/1; done; echo $?')"
done
# What a new machine writes is gone with it.
expect_eq 'a new one' 'written' "$(postern exec --image tools "$TARGET" sh -c '[ ! -e /etc/here ] && echo written >/etc/here; cat /etc/here')"
expect_code 1 postern exec --image tools "$TARGET" test -e /etc/here
as_before
