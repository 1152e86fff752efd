#!/usr/bin/env bash
# needs: postern trixie
# timeout: 120
# SIGKILL of up before and after each program that it runs, and after each command of a batch; then also a failure of each.
. "$(dirname "$0")/network.bash"

world
policy=$'network=allow\nallow=tcp 192.0.2.2 443\n'
namespace inside
before=$(state)

# Stands in for the programs: counts them, and at the $N-th does $WHAT to up, process $UP.
mkdir shims
cat >shims/shim <<'SHIM'
#!/bin/bash
PATH=${PATH#*:}
name=${0##*/}
echo "$name $*" >>"$COUNT"
if [[ $(wc -l <"$COUNT") != "$N" ]]; then
    exec "$name" "$@"
fi
touch "$COUNT.reached"
case $WHAT in
    before) kill -KILL "$UP" ;;
    after)
        "$name" "$@"
        kill -KILL "$UP"
        ;;
    fail)
        echo 'RTNETLINK answers: No such luck' >&2
        exit 2
        ;;
    [0-9]*)
        # So many lines of the batch
        [[ $* == *-batch* ]] || exec "$name" "$@"
        head -n "$WHAT" | "$name" "$@"
        kill -KILL "$UP"
        ;;
esac
SHIM
chmod 0755 shims/shim
for tool in ip nft nsenter; do ln -s shim "shims/$tool"; done

# Itself, and so known to the shim
up() {
    export COUNT=$PWD/count N WHAT UP=$BASHPID
    exec "$network" up half "$inside" <<<"$policy"
}

# A link that is up has its rules.
never_open() {
    if ip -oneline link show up type veth | grep -q 'postern container half'; then
        nft list table inet postern-half | grep -q 'goto source' || fail "$1: the link is up without rules"
    fi
}

# sweep WHAT CODE: until up reaches its end
sweep() {
    local n=0 code
    until
        n=$((n + 1))
        rm -f count count.reached
        code=0
        # In a shell of its own: a killed one leaves a remark.
        (N=$n WHAT=$1 PATH=$PWD/shims:$PATH up) 2>said || code=$?
        [[ ! -e count.reached ]]
    do
        never_open "$1 $n"
        if [[ $2 != 0 ]]; then expect_eq "exit code with $1 $n" "$2" "$code"; fi
        if [[ $1 == fail ]]; then
            # It has cleaned up itself, and says one line.
            nothing_left
            expect_match "what it said at $n" '^network: half: .*No such luck' "$(<said)"
            expect_eq "lines at $n" 1 "$(wc -l <said)"
        else
            # It can be tried again as it is, too.
            if ((n % 2)); then
                "$network" up half "$inside" <<<"$policy"
                expect_reach 'reached by 192.0.2.1' "$inside" tcp 192.0.2.2 443
            fi
            "$network" down half
            nothing_left
        fi
    done
    expect_eq "exit code with no $1 $n" 0 "$code"
    ((n > 4)) || fail "only $n programs"
    "$network" down half
    nothing_left
}
sweep before 137
sweep after 137
sweep fail 1
for lines in 1 2 3 4 5 6 7 8 9; do
    sweep "$lines" 0
done

# Killed, and the container with it: the link goes with its namespace.
rm -f count
(N=3 WHAT=after PATH=$PWD/shims:$PATH up) || :
kill "$inside"
"$network" down half
nothing_left
"$network" down half
"$network" down never-was
nothing_left

# SIGTERM in the midst of it
namespace inside
cat >shims/shim <<'SHIM'
#!/bin/bash
PATH=${PATH#*:}
if [[ ${0##*/} == nsenter ]]; then
    kill -TERM "$UP"
fi
exec "${0##*/}" "$@"
SHIM
code=0
(PATH=$PWD/shims:$PATH up) || code=$?
expect_eq 'exit code after SIGTERM' 1 "$code"
nothing_left
