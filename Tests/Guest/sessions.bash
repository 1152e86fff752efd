# Helpers of the guest tests that change units and watch sessions; such a test begins with:
# . "$(dirname "$0")/sessions.bash"
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/lib.sh
. "$here/lib.sh"
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
# A name may have been another session's in an earlier test.
test_began=$EPOCHREALTIME

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
    # What was there before the first call comes back, whatever later calls replace.
    if [[ ! ${options_set-} ]]; then
        options_set=yes
        [[ ! -e /etc/default/postern ]] || cp /etc/default/postern "$WORK/default-postern"
        on_exit "rm -f /etc/default/postern; [[ ! -e '$WORK/default-postern' ]] || cp '$WORK/default-postern' /etc/default/postern"
    fi
    mkdir -p /etc/default
    printf '%s\n' "$@" >/etc/default/postern
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
        <&0 9>&- >"$name.out" 2>"$name.err" &
    CLIENT=$!
    on_exit "kill -KILL $CLIENT 2>/dev/null"
    started "$name"
}

# started NAME: waits for the session of that name and sets SESSION, UNIT and LEADER
started() {
    local name=$1 entry="" end=$((SECONDS + 30))
    until [[ $entry ]]; do
        ((SECONDS < end)) || fail "session $name did not start: $(cat "$name.err" 2>/dev/null)"
        journalctl --sync
        entry=$(journalctl --quiet --boot --lines=1 --output=json POSTERN_EVENT=started POSTERN_NAME="$name" \
            --since="@$test_began")
    done
    SESSION=$(member "$entry" SESSION_ID) UNIT=$(member "$entry" POSTERN_UNIT) LEADER=$(member "$entry" LEADER)
    export SESSION UNIT LEADER
}

# entry SESSION EVENT FIELD: one field of the session's entry for that event; there has to be just one such entry
entry() {
    local entries
    journalctl --sync
    entries=$(journalctl --quiet --boot --output=json --all SESSION_ID="$1" POSTERN_EVENT="$2")
    [[ $entries ]] || fail "no journal entry '$2' of session $1"
    expect_eq "entries '$2' of session $1" 1 "$(wc -l <<<"$entries")"
    member "$entries" "$3"
}

# member JSON KEY: a flat object's member as plain text, empty when it is not there; the guest's Python has no json
member() { python3 -c 'import re, sys
found = re.search("\"%s\" *: *(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^,}]*))" % sys.argv[2], sys.argv[1])
print(re.sub(r"\\(.)", r"\1", found[1] or found[2] or "") if found else "")' "$1" "$2"; }

# json FILE KEY: a member of a --json-result
json() { member "$(<"$1")" "$2"; }

# session_processes: the sleeps that tests start in sessions, wherever those have got to
session_processes() { pgrep --full '^sleep 4242' || :; }

# client CODE [CODE...]: the background client of the last begin ends, within 60 s, with one of these codes
client() {
    local code=0 end=$((SECONDS + 60))
    while kill -0 "$CLIENT" 2>/dev/null; do
        ((SECONDS < end)) || fail "the client still runs"
        sleep 0.02
    done
    wait "$CLIENT" || code=$?
    [[ " $* " == *" $code "* ]] || fail "exit code $code of the client, not $*: $(cat ./*.err)"
}

# feed: makes the fifo "feed", for the stdin of the next session: what is written to descriptor 9 comes in, and 9>&- ends it
feed() {
    rm -f feed
    mkfifo feed
    exec 9<>feed
}

# forget_ended: what other tests have left on record and nobody took
forget_ended() { find /run/postern -path '*/ended/*' -type f -delete; }

# open_link NAME [OPTION...]: a way to the socket that can be broken, see link.py. Sets LINK, which is a TARGET, and
# LINK_PID; what went over its connections is in NAME/N.up and NAME/N.down.
open_link() {
    local name=$1
    shift
    mkdir "$WORK/$name"
    python3 "$here/link.py" "$WORK/$name" "${LINK_TO:-/run/postern/postern.sock}" "$@" 9>&- &
    export LINK=unix:$WORK/$name/sock
    LINK_PID=$!
    on_exit "kill -KILL $LINK_PID 2>/dev/null"
    wait_for "[[ -S '$WORK/$name/sock' ]]"
}

# detached NAME [OPTION...] -- CMD...: a session without a client; sets SESSION, UNIT and LEADER
detached() {
    local name=$1
    shift
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    postern exec -d --name "$name" "${options[@]}" "$TARGET" -- "$@" >"$name.id" 2>"$name.err" ||
        fail "exec -d: $(<"$name.err")"
    started "$name"
    on_exit "postern rm $TARGET $SESSION 2>/dev/null >&2"
}

# state SESSION: the word of `postern status` for it, or nothing
state() { member "$(postern status --json "$TARGET" "$1" 2>/dev/null)" state; }

# fields SESSION EVENT FIELD: one field of all the session's entries for that event, one a line, oldest first
fields() {
    journalctl --sync
    journalctl --quiet --boot --output=cat --output-fields="$3" SESSION_ID="$1" POSTERN_EVENT="$2"
}

# in_background NAME CMD...: its output goes to NAME.out and NAME.err. Sets CLIENT, for `client CODE`.
in_background() {
    local name=$1
    shift
    "$@" <&0 9>&- >"$name.out" 2>"$name.err" &
    CLIENT=$!
    on_exit "kill -KILL $CLIENT 2>/dev/null"
}

# pause_at MOMENT: scripts that have the function below wait there from now on. pass MOMENT lets them go on, and nobody
# waits there any more.
pause_at() { mkfifo "$WORK/$1" "$WORK/$1.reached"; }
reached() { read -r -t 30 _ <>"$WORK/$1.reached" || fail "nobody came to $1"; }
pass() {
    local keep
    exec {keep}<>"$WORK/$1"
    rm -f "$WORK/$1" "$WORK/$1.reached"
    echo >&"$keep"
    exec {keep}>&-
}

# The function, for a script to begin with: pause MOMENT. It has the pipe open before it says that it is there.
export pausing="pause() { if [[ -p $WORK/\$1 ]]; then { echo >$WORK/\$1.reached; read -r _ <&3; } 3<>$WORK/\$1; fi; }"
