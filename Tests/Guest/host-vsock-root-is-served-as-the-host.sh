#!/usr/bin/env bash
# needs: inner postern
# timeout: 60
# The real path: a client of root binds a reserved port, and the guest sees it as CID 2.
. "$(dirname "$0")/lib.sh"

# One session for all that, since each takes so long here.
code=0
# shellcheck disable=SC2016  # for the shell in the guest
said=$(echo 'there and back' | postern exec -i "vsock:$INNER_CID" -- sh -c 'echo hello from $(uname -n); cat; exit 7') || code=$?
expect_eq 'output' $'hello from guest\nthere and back' "$said"
expect_eq 'exit code' 7 "$code"
# Of those that were served: the other test's user was refused.
peers=$(postern exec "vsock:$INNER_CID" -- \
    journalctl --quiet --no-pager --output=json --output-fields=POSTERN_PEER POSTERN_EVENT=started |
    grep -o 'vsock:[0-9:]*')
[[ $peers ]] || fail 'no session has a peer'
while read -r peer; do
    expect_match 'peer' '^vsock:2:[0-9]{1,3}$|^vsock:2:10[01][0-9]$|^vsock:2:102[0-3]$' "$peer"
done <<<"$peers"
