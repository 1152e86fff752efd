#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
before=$(modes)
type_line "postern exec -it -e PS1='ses''sion> ' $TARGET sh -c 'echo going; exec yes'"
on_screen '^y$'
flow() { perl -MPOSIX -e 'open my $t, "+<", $ARGV[0] or die; POSIX::tcflow(fileno($t), $ARGV[1] eq "TCOOFF" ? TCOOFF : TCOON) or die' "$tty" "$1"; }
# Stops the terminal's output as ^S does: tcsetattr(TCSADRAIN) would now wait for ever.
tty=$(tm display-message -p '#{pane_tty}')
flow TCOOFF
client=$(client)
kill -TERM "$client"
wait_for '! kill -0 '"$client"' 2>/dev/null' 5
flow TCOON
at_local_prompt
wait_for "[[ \$(modes) == '$before' ]]"
no_units_left
