# Helpers of the guest tests; each test begins with: . "$(dirname "$0")/lib.sh"
# A test is one behaviour, named as a sentence, and runs as root inside the guest. It passes when it exits 0.
# shellcheck shell=bash
set -euo pipefail

# Where postern connects, and the socket unit behind it; a run over vsock sets others.
: "${TARGET:=unix:/run/postern/postern.sock}"
: "${WORK:=$(mktemp -d)}" # the runner makes it and removes it
export TARGET WORK
cd "$WORK"
# Made anew by a test that waits for entries: a name may have been another session's in an earlier test.
test_began=$EPOCHREALTIME

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# expect_eq WHAT EXPECTED ACTUAL
expect_eq() {
    [[ $2 == "$3" ]] || fail "$1: expected $(printf %q "$2"), got $(printf %q "$3")"
}

# expect_match WHAT REGEX ACTUAL
expect_match() {
    [[ $3 =~ $2 ]] || fail "$1: expected a match of /$2/, got $(printf %q "$3")"
}

# expect_code CODE CMD [ARG...]: the command ends with just this code; its output goes through.
expect_code() {
    local expected=$1 code=0
    shift
    "$@" || code=$?
    expect_eq "exit code of $*" "$expected" "$code"
}

# wait_for CONDITION [SECONDS]: for states that have no event to wait for; the condition is shell code.
wait_for() {
    local end=$((SECONDS + ${2:-10}))
    until eval "$1"; do
        ((SECONDS < end)) || fail "not within ${2:-10} s: $1"
        sleep 0.05
    done
}

# milliseconds on the monotonic clock, for asserting that something was quick
now_ms() {
    local up
    read -r up _ </proc/uptime
    echo "${up/./}0"
}

# journal_of SESSION [ARG...]: the entries of one session, oldest first, as journalctl prints them
journal_of() {
    local session=$1
    shift
    journalctl --sync
    journalctl --quiet --no-pager --boot SESSION_ID="$session" "$@"
}

# journal_field FIELD MATCH...: the values of one field, one a line
journal_field() {
    local field=$1
    shift
    journalctl --sync
    journalctl --quiet --no-pager --boot --output=cat --output-fields="$field" "$@"
}

# The instances of our services that systemd still knows, in any state: one a line
units() {
    systemctl list-units --all --plain --no-legend --full 'postern*@*.service' | awk '{ print $1 }'
}

no_units_left() {
    wait_for '[[ -z $(units) ]]' "${1:-10}"
}

# Nothing of a session outlives it: unit, process, cgroup, runtime directory.
nothing_left() {
    no_units_left "${1:-10}"
    wait_for '! pgrep -x postern-worker >/dev/null'
    wait_for '[[ -z $(find /sys/fs/cgroup -type d -name "postern*@*.service" 2>/dev/null) ]]'
    wait_for '[[ -z $(find /run/postern -mindepth 1 -maxdepth 1 -type d -name "postern*@*.service" 2>/dev/null) ]]'
    expect_eq 'failed units' '' "$(systemctl list-units --state=failed --plain --no-legend 'postern*' | awk '{ print $1 }')"
}

# on_exit CODE: runs it when the test ends, however it ends; the last one first.
on_exit() {
    cleanups="$1; ${cleanups-}"
    # shellcheck disable=SC2064  # what is known now is meant
    trap "trap - EXIT; set +e; $cleanups" EXIT
}

# drop_in UNIT SECTION LINE...: changes a unit as an operator does, until the test ends
drop_in() {
    local unit=$1 section=$2 dir=/run/systemd/system/$1.d
    shift 2
    mkdir -p "$dir"
    printf '%s\n' "[$section]" "$@" >"$dir/50-guest-test-$section.conf"
    systemctl daemon-reload
    on_exit "rm -r '$dir'; systemctl daemon-reload"
    [[ $unit != *.socket ]] || { systemctl stop "$unit"; on_exit "systemctl stop '$unit'"; }
}

# options LINE...: /etc/default/postern until the test ends; sessions that start from now on see it
options() {
    [[ ! -e /etc/default/postern ]] || cp /etc/default/postern "$WORK/default-postern"
    mkdir -p /etc/default
    printf '%s\n' "$@" >/etc/default/postern
    on_exit "rm -f /etc/default/postern; [[ ! -e '$WORK/default-postern' ]] || cp '$WORK/default-postern' /etc/default/postern"
}

# serve: the socket listens
serve() { systemctl start postern.socket; }

# begin NAME [OPTION...] -- CMD...: a session in the background; returns once the journal says that it started.
# Its client's output is in NAME.out and NAME.err, how it ended in NAME.json. Sets CLIENT, SESSION, UNIT, LEADER.
begin() {
    local name=$1 options=()
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    postern exec --name "$name" --json-result "$name.json" "${options[@]}" "$TARGET" -- "$@" \
        >"$name.out" 2>"$name.err" &
    CLIENT=$!
    on_exit "kill -KILL $CLIENT 2>/dev/null"
    started "$name"
}

# started NAME: waits for the session of that name and sets SESSION, UNIT and LEADER
started() {
    local name=$1 entry="" end=$((SECONDS + 10))
    until [[ $entry ]]; do
        ((SECONDS < end)) || fail "session $name did not start: $(cat "$name.err" 2>/dev/null)"
        journalctl --sync
        entry=$(journalctl --quiet --boot --lines=1 --output=json POSTERN_EVENT=started POSTERN_NAME="$name" \
            --since="@$test_began")
    done
    read -r SESSION UNIT LEADER < <(python3 -c 'import json, sys
e = json.loads(sys.argv[1]); print(e["SESSION_ID"], e["POSTERN_UNIT"], e["LEADER"])' "$entry")
    export SESSION UNIT LEADER
}
