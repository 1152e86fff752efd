#!/usr/bin/env bash
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.bash"

open_terminal
before=$(modes)

open_session
[[ $(modes) == *-icanon* ]] || fail "not raw in a session: $(modes)"
type_line 'exit 3'
at_local_prompt
expect_eq 'after a return' "$before" "$(modes)"

for signal in TERM HUP INT QUIT; do
    clear_screen
    # The local shell says the code by itself: what is typed too early would go to the client.
    type_line "postern exec -it -e PS1='ses''sion> ' $TARGET sh; echo co''de=\$?"
    on_screen '^session>'
    kill "-$signal" "$(client)"
    on_screen "code=$((128 + $(kill -l "$signal")))"
    at_local_prompt
    wait_for is_cooked
done
no_units_left
