#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
options 'POSTERN_OPTIONS=--log-command=name'
# The client's own entry is the host's, which knows what was typed there.
begin by-name -- sh -c 'true password-6161'
client 0
expect_eq 'command' sh "$(entry "$SESSION" started POSTERN_COMMAND)"
expect_eq 'arguments in the guest' '' \
    "$(journal_of "$SESSION" POSTERN_UNIT="$UNIT" --output=export --all | grep -a 6161 || :)"
options 'POSTERN_OPTIONS=--log-command=none'
begin by-none -- sh -c 'true password-6161'
client 0
expect_eq 'command' '' "$(entry "$SESSION" started POSTERN_COMMAND)"
expect_match 'message' 'a command as root' "$(entry "$SESSION" started MESSAGE)"
expect_eq 'arguments in the guest' '' \
    "$(journal_of "$SESSION" POSTERN_UNIT="$UNIT" --output=export --all | grep -a 6161 || :)"
