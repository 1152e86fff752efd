# A terminal to test in: tmux is the screen, a plain bash in it the user's shell. Sourced after lib.sh.
# shellcheck shell=bash

export LANG=C.UTF-8
tm() { tmux -L "postern-test-$$" -f /dev/null "$@"; }

# open_terminal [COLUMNSxROWS]
# shellcheck disable=SC2120
open_terminal() {
    local size=${1:-100x30}
    systemctl start postern.socket
    # Without line editing: its own modes are not what a program finds, or has to leave behind.
    tm new-session -d -x "${size%x*}" -y "${size#*x}" "env PS1='local\\\$ ' bash --norc --noprofile --noediting"
    # A test that changes units, too, has more to take back.
    if declare -F on_exit >/dev/null; then
        on_exit 'tm kill-server 2>/dev/null'
    else
        trap 'tm kill-server 2>/dev/null || true' EXIT
    fi
    on_screen 'local[$#]'
}

# type_keys KEY...: tmux's names: Enter, C-c, or text
type_keys() { tm send-keys "$@"; }
type_line() {
    tm send-keys -l "$1"
    tm send-keys Enter
}
# At a prompt, of whichever shell; what is typed afterwards stands behind a prompt again
clear_screen() {
    wait_for at_prompt
    tm send-keys -R
    tm clear-history
    tm send-keys Enter
    wait_for at_prompt
}
screen() { tm capture-pane -p; }
last_line() { screen | grep . | tail -n 1; }
at_prompt() { [[ $(last_line) == *[\$#\>] ]]; }

# on_screen REGEX [SECONDS]: waits until a line of the screen matches
on_screen() {
    local end=$((SECONDS + ${2:-10}))
    until screen | grep -qE -- "$1"; do
        if ((SECONDS >= end)); then
            screen >&2
            fail "not on the screen within ${2:-10} s: $1"
        fi
        sleep 0.05
    done
}

# The local shell is back: its prompt ends the last line. Above it stands the one that the command was typed at.
at_local_prompt() { wait_for '[[ $(last_line) == *local[\$#] ]]'; }

# open_session [ARG...]: an interactive shell of the guest, waited for; ARGs go before the target
# The prompt must not be found in what was typed: it is put together only when it is shown.
# shellcheck disable=SC2120
open_session() {
    type_line "postern exec -it -e PS1='ses''sion> ' $* $TARGET sh"
    on_screen '^session>'
}

# The client that the terminal's shell has started last
client() {
    pgrep -n -x postern
}

# What the terminal's modes are now, asked of its device and not through the shell in it
modes() {
    stty -a -F "$(tm display-message -p '#{pane_tty}')" | grep -oE -- '-?(icanon|echo|isig|icrnl|opost|ixon)\b' | sort | tr '\n' ' '
}
is_cooked() { [[ $(modes) == *" icanon "* || $(modes) == "icanon "* ]] && [[ $(modes) != *-icanon* && $(modes) != *-opost* ]]; }
