# What holds of sessions in containers whichever tool has made them, for the libraries of the tools. Those set `ways`, the
# options that lead into a container that runs, called box, and into a new one; and `things`, which lists what there is of
# containers.
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/sessions.bash
. "$here/sessions.bash"

# busybox_root DIR: a system of nothing but busybox, with alice of the group video
busybox_root() {
    mkdir -p "$1"/{bin,usr,etc,root,proc,sys,dev,tmp,run,var,home/alice}
    cp /bin/busybox "$1/bin/"
    chroot "$1" /bin/busybox --install -s /bin
    printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'alice:x:1000:1000::/home/alice:/bin/sh' >"$1/etc/passwd"
    printf '%s\n' 'root:x:0:' 'alice:x:1000:' 'video:x:44:alice' >"$1/etc/group"
    echo ID=tools >"$1/etc/os-release"
    chown 1000:1000 "$1/home/alice"
    chmod 0755 "$1"
}

# in_each_way CHECK...: calls them with each way's options
in_each_way() {
    local words way check
    # shellcheck disable=SC2154  # the tool's library sets them
    for words in "${ways[@]}"; do
        read -ra way <<<"$words"
        for check; do
            "$check" "${way[@]}"
        done
    done
}

# What is in another PID namespace than we are, and runs
insiders() {
    ps -eo pidns=,stat=,comm= | awk -v own="$(stat -Lc %i /proc/self/ns/pid)" '$1 != own && $2 !~ /^Z/ { print $3 }' | sort
}

# remember: all that there is now stays. as_before [WHAT]: and nothing else is there any more.
remember() { remembered=$(things); }
as_before() {
    nothing_left 30
    expect_eq 'records' '' "$(find /var/lib/postern/cleanup -type f 2>/dev/null)"
    # The kernel and systemd let go of the dead a moment after they are reported.
    local end=$((SECONDS + 10 * ${SLOW:-1})) now
    until now=$(things) && [[ $now == "$remembered" ]]; do
        ((SECONDS < end)) || fail "left ${1-behind}: $(diff <(echo "$remembered") - <<<"$now")"
        sleep 0.1
    done
}

# The worker of the session with this name
worker_of() { systemctl show --property=MainPID --value "$UNIT"; }

# --- The checks

check_arguments() {
    local hostile=('' ' ' "it's" '"' $'two\nlines' '$HOME' '`id`' "\\" -- --user=nobody -x '*' ';' $'\t' ä '=' a=b)
    postern exec "$@" "$TARGET" printf '<%s>\n' "${hostile[@]}" >got
    printf '<%s>\n' "${hostile[@]}" | cmp - got || fail "$*: arguments: $(<got)"
    postern exec "$@" -e $'V=it\'s "$HOME"\n`id`' -e HOME=/elsewhere -e LD_PRELOAD=/nowhere.so "$TARGET" env >got 2>err
    for line in "V=it's \"\$HOME\"" '`id`' HOME=/elsewhere LD_PRELOAD=/nowhere.so; do
        grep -qxF -- "$line" got || fail "$*: variables: $line is missing in $(<got)"
    done
    # It is no business of what runs outside.
    ! grep nowhere.so err || fail "$*: the guest's own programs have got it"
    expect_eq "$*: directory" /tmp "$(postern exec "$@" -w /tmp "$TARGET" pwd)"
}

check_users() {
    expect_eq "$*: root" '0 0' "$(postern exec "$@" "$TARGET" sh -c 'echo "$(id -u) $(id -g)"')"
    expect_eq "$*: alice" '1000 1000 44 /home/alice' \
        "$(postern exec "$@" -u alice "$TARGET" sh -c 'echo "$(id -u) $(id -g) $(id -G | tr " " "\n" | grep 44) $HOME"')"
    expect_code 1 postern exec "$@" -u alice "$TARGET" sh -c 'echo >/etc/passwd' 2>/dev/null
    # Whatever the number, the name of the missing is told.
    ! postern exec "$@" -u nosuchuser "$TARGET" true 2>err || fail "$*: nobody knows nosuchuser, but he ran something"
    expect_match "$*: who is missing" nosuchuser "$(<err)"
    ! postern exec "$@" -w /nosuchdir "$TARGET" true 2>err || fail "$*: ran in /nosuchdir"
    expect_match "$*: what is missing" nosuchdir "$(<err)"
}

check_stdio() {
    head -c 300000 /dev/urandom >sent
    postern exec "$@" -i "$TARGET" sh -c 'tee /dev/stderr; echo end >&2' <sent >out 2>err
    cmp sent out || fail "$*: output"
    { cat sent; echo end; } | cmp - err || fail "$*: errors"
    expect_eq "$*: no stdin" '' "$(postern exec "$@" "$TARGET" cat)"
    expect_eq "$*: a terminal" $'one\r\ntwo\r\nx' "$(postern exec "$@" -t "$TARGET" printf 'one\ntwo\n' </dev/null; echo x)"
    # podman tells a new terminal its size when the command is running already.
    expect_eq "$*: its size" '24 80' "$(postern exec "$@" -t "$TARGET" \
        sh -c 'until [ "$(stty size 2>/dev/null)" ]; do sleep 0.01; done; stty size' </dev/null | tr -d '\r')"
    # The first output lets input in that is held back until then.
    expect_eq "$*: end of file" $'up\r\ngot it\r\nend\r' \
        "$(echo 'got it' | postern exec "$@" -it "$TARGET" sh -c 'stty -echo; echo up; while read -r line; do echo "$line"; done; echo end')"
    expect_eq "$*: the last line" $'3000\r' "$(postern exec "$@" -t "$TARGET" seq 3000 </dev/null | tail -n 1)"
    # ^P is nobody's key but the command's.
    expect_eq "$*: no detach keys" $'up\x10\x11' "$(printf '\x10\x11' |
        postern exec "$@" -it "$TARGET" sh -c 'stty raw -echo; printf up; dd bs=1 count=2 2>/dev/null')"
}

check_ends() {
    local code signal
    for code in 0 1 7 125 255; do expect_code "$code" postern exec "$@" "$TARGET" sh -c "exit $code"; done
    for signal in TERM KILL SEGV; do
        expect_code $((128 + $(kill -l "$signal"))) postern exec "$@" "$TARGET" sh -c "kill -$signal \$\$" 2>/dev/null
    done
    expect_code 7 postern exec "$@" -t "$TARGET" sh -c 'exit 7' </dev/null
    # What stays in the background holds nobody up, and ends.
    expect_code 3 timeout 20 postern exec "$@" "$TARGET" sh -c 'sleep 4242 & exit 3'
    expect_code 3 timeout 20 postern exec "$@" -t "$TARGET" sh -c 'sleep 4242 & exit 3' </dev/null
    expect_eq "$*: left running" '' "$(session_processes)"
}

check_not_found() {
    expect_code 127 postern exec "$@" "$TARGET" no-such-program 2>err
    expect_match "$*: what is missing" no-such-program "$(<err)"
    expect_code 126 postern exec "$@" "$TARGET" /etc/passwd 2>err
}

check_shell() {
    expect_eq "$*: alice's shell" /home/alice "$(echo 'echo $HOME' | postern exec "$@" -i -u alice "$TARGET")"
}

check_signals() {
    local scope trap='trap "echo heard; exit 9" USR1; echo ready; while :; do sleep 0.1; done'
    for scope in leader group; do
        begin "$scope${1#--}" "$@" -- sh -c "$trap"
        wait_for "grep -q ready '$scope${1#--}.out'"
        postern kill -s USR1 --scope "$scope" "$TARGET" "$SESSION" >/dev/null
        client 9
        expect_eq "$*: $scope" $'ready\nheard' "$(<"$scope${1#--}.out")"
    done
    begin "kill${1#--}" "$@" -- sh -c 'trap "" TERM; echo ready; sleep 4242; sleep 4242'
    wait_for "grep -q ready 'kill${1#--}.out'"
    postern kill -s KILL "$TARGET" "$SESSION" >/dev/null
    client 137
    wait_for '[[ -z $(session_processes) ]]'
}

# In each way, and to nobody else in a container that others are in, too
check_signals_alone() {
    local other
    feed
    begin other --container box -i -- sh -c 'trap "echo hit" USR1 HUP TERM; echo up; read -r x; exit 5' <feed
    other=$CLIENT
    wait_for 'grep -q up other.out'
    in_each_way check_signals
    echo >&9
    CLIENT=$other
    client 5
    expect_eq 'the other session' up "$(<other.out)"
}

# refused STAGE TEXT OPTION...: what is asked for so is, with this stage and message, and nothing is left of it
refused() {
    local stage=$1 text=$2
    shift 2
    expect_code 125 postern exec --json-result result.json "$@" "$TARGET" true 2>err
    expect_eq "$*: stage" "$stage" "$(json result.json stage)"
    expect_match "$*" "$text" "$(<err)"
    as_before "by $*"
}

check_terminal() {
    type_line "postern exec -it -e PS1='ses''sion> ' $* $TARGET sh"
    on_screen '^session>'
    type_line 'stty size'
    on_screen '^30 100'
    type_line 'sleep 4242'
    wait_for '[[ $(session_processes) ]]'
    type_keys C-c
    wait_for '[[ -z $(session_processes) ]]'
    tm resize-window -x 77 -y 22
    type_line 'until [ "$(stty size)" = "22 77" ]; do sleep 0.1; done; stty size; exit 6'
    on_screen '^22 77'
    at_local_prompt
    type_line 'echo code=$?'
    on_screen '^code=6'
    tm resize-window -x 100 -y 30
    clear_screen
}

# Every way out while the command runs, of one that ends and of one that does not want to
ended=0
check_ways_out() {
    local way script
    for script in 'sleep 4242' 'trap "" HUP TERM INT; setsid sleep 4242 & sleep 4242; sleep 4242'; do
        for way in term kill stop client rm; do
            begin "$way-$((ended += 1))" "$@" -- sh -c "$script"
            wait_for '[[ $(session_processes) ]]' 20
            case $way in
                term) kill -TERM "$(worker_of)" ;;
                kill) kill -KILL "$(worker_of)" ;;
                stop) systemctl stop "$UNIT" ;;
                client) kill -KILL "$CLIENT" ;;
                rm) postern rm "$TARGET" "$SESSION" >/dev/null ;;
            esac
            client 125 129 137 143
            wait_for '[[ -z $(session_processes) ]]' 20
            as_before "by $* and $way"
        done
    done
}

# Who learns that the command has ended finds nothing left of it.
check_gone() {
    local before
    before=$(insiders)
    expect_code 3 postern exec "$@" "$TARGET" sh -c '(setsid sleep 4242 &) ; exit 3'
    expect_eq "$*: what runs in containers" "$before" "$(insiders)"
}

# The worker is killed, or the client, a while after the start, and a bit later each time
check_moments() {
    local moment way pid
    for way in worker client; do
        for moment in 0.0 0.05 0.1 0.15 0.2 0.3 0.4 0.5 0.6 0.8; do
            in_background moment postern exec "$@" "$TARGET" sleep 4242
            # The moment itself, and not a wait for something
            sleep "$moment"
            pid=$CLIENT
            if [[ $way == worker ]]; then
                wait_for '[[ $(units) ]]'
                pid=$(systemctl show --property=MainPID --value "$(units)")
            fi
            ((pid == 0)) || kill -KILL "$pid" 2>/dev/null || :
            client 125 137
            as_before "by $*, whose $way was killed after $moment s"
        done
    done
}
