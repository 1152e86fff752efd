# Helpers of the guest tests; each test begins with: . "$(dirname "$0")/lib.sh"
# A test is one behaviour, named as a sentence, and runs as root inside the guest. It passes when it exits 0.
# shellcheck shell=bash
set -euo pipefail

# Where postern connects, and the socket unit behind it; a run over vsock sets others.
: "${TARGET:=unix:/run/postern/postern.sock}"
: "${WORK:=$(mktemp -d)}" # the runner makes it and removes it
export TARGET WORK
cd "$WORK"

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
# An emulated guest is allowed $SLOW times as long.
wait_for() {
    local limit=$((${2:-10} * ${SLOW:-1}))
    local end=$((SECONDS + limit))
    until eval "$1"; do
        ((SECONDS < end)) || fail "not within $limit s: $1"
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
