# A session's processes in a container that was there before it, and that stays: for helpers whose tool puts what it executes
# into the container's cgroup, where the worker does not look, passes it no signals, and leaves it there when it is killed.
# shellcheck shell=bash
#
# They are known by POSTERN_SESSION in their environment, by a parent in the session's cgroup, as what the tool leaves there to
# relay is, and as the children and the kernel sessions of such. Nothing is looked at but the container's namespace, which
# POSTERN_INSIDE names. One that cleared its environment, left its kernel session and lost its parent, all three, is not
# found; it stays, as it would stay behind the tool.

# inside_of PID: the value of POSTERN_INSIDE for the container whose first process this is: its PID namespace, or its mount
# namespace where it has the machine's processes (--pid=host)
inside_of() {
    local kind=pid
    [[ ! /proc/$1/ns/pid -ef /proc/self/ns/pid ]] || kind=mnt
    echo "$kind:$(stat -Lc %i "/proc/$1/ns/$kind")"
}

# find_inside: sets `inside` to their pids, and `front` to those that a signal to the session is meant for: the group in the
# foreground of its terminal, or without one the group of its first process
find_inside() {
    # A helper that relays knows the container's first process.
    : "${POSTERN_INSIDE:=$(inside_of "$(first_process)")}"
    local kind=${POSTERN_INSIDE%%:*} number=${POSTERN_INSIDE#*:} inode file pid stat wanted='' more=yes cgroup
    local -A parent_of=() group_of=() session_of=() front_of=() ours=() sessions=() outside=()
    inside=() front=()
    # What ends while it is looked at is not ours to signal.
    while read -r inode file; do
        [[ $inode == "$number" ]] || continue
        pid=${file#/proc/} pid=${pid%%/*} stat=''
        { read -rd '' stat <"/proc/$pid/stat"; } 2>/dev/null || [[ $stat ]] || continue
        # The name before the last bracket may hold anything.
        read -r _ "parent_of[$pid]" "group_of[$pid]" "session_of[$pid]" _ "front_of[$pid]" _ <<<"${stat##*)}"
    done < <(stat -Lc '%i %n' /proc/[0-9]*/ns/"$kind" 2>/dev/null)
    ((${#parent_of[@]})) || return 0
    while IFS=/ read -r _ _ pid _; do
        ours[$pid]=1
    done < <(printf '/proc/%s/environ\0' "${!parent_of[@]}" |
        xargs -0 grep -lzxF -e "POSTERN_SESSION=$POSTERN_SESSION" -- 2>/dev/null)
    cgroup=$(sed -n 's/^0:://p' /proc/self/cgroup)
    if [[ $cgroup == */session ]]; then
        while read -r pid; do
            outside[$pid]=1
        done < <(cat /sys/fs/cgroup{,/unified}"$cgroup/cgroup.procs" 2>/dev/null)
    fi
    while [[ $more ]]; do
        more=''
        for pid in "${!parent_of[@]}"; do
            [[ ! ${sessions[${session_of[$pid]}]-} || ! ${ours[$pid]-} ]] || continue
            [[ ${ours[$pid]-} || ${ours[${parent_of[$pid]}]-} || ${outside[${parent_of[$pid]}]-} ||
                ${sessions[${session_of[$pid]}]-} ]] || continue
            ours[$pid]=1 sessions[${session_of[$pid]}]=1 more=yes
        done
    done
    inside=("${!ours[@]}")
    for pid in "${inside[@]}"; do
        # The first has its parent out of the container's namespace.
        [[ ! ${parent_of[${parent_of[$pid]}]-} ]] || continue
        wanted=${group_of[$pid]}
        ((front_of[$pid] <= 0)) || wanted=${front_of[$pid]}
    done
    for pid in "${inside[@]}"; do
        [[ ${group_of[$pid]} != "$wanted" ]] || front+=("$pid")
    done
    ((${#front[@]})) || front=("${inside[@]}")
}

# relay CMD...: runs it, sends the signals that this shell gets to the session's processes inside, and returns its status.
# As long as there are none, a signal is for CMD.
relay() {
    local signal status interrupted=''
    while read -r signal; do
        case ${signal#SIG} in
            # Not to be caught, or the kernel's word to CMD as well.
            KILL | STOP | CHLD | WINCH | TTIN | TTOU) continue ;;
        esac
        # shellcheck disable=SC2064  # its name is known now
        trap "interrupted=yes; pass_on ${signal#SIG}" "$signal"
    done < <(compgen -A signal SIG)
    # What a shell starts in the background ignores these two, and so would the container's processes.
    env --default-signal=INT,QUIT "$@" <&0 &
    relayed=$!
    while :; do
        interrupted='' status=0
        wait "$relayed" || status=$?
        # Not the end of CMD, but of the wait, at a trap.
        [[ $interrupted ]] || return "$status"
    done
}

# pass_on SIGNAL: a hang-up, and the going on after it, is for all of them
pass_on() {
    find_inside
    case $1 in
        HUP | CONT) front=("${inside[@]}") ;;
    esac
    ((${#front[@]})) || front=("$relayed")
    kill -s "$1" "${front[@]}" 2>/dev/null || :
}

# end_inside: kills all of them, and what they have made meanwhile; fails when one does not die
end_inside() {
    local round
    for ((round = 0; round < 64; round++)); do
        find_inside
        ((${#inside[@]})) || return 0
        kill -s KILL "${inside[@]}" 2>/dev/null || :
    done
    echo "processes ${inside[*]} of the session do not end" >&2
    return 1
}
