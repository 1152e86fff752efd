#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
begin both --operator eve --reason why -- sh -c 'exit 4'
client 4
host() { journal_of "$SESSION" --output=cat --output-fields="$2" MESSAGE_ID=7f0c1ab94f1d4a7d8f1f7d8f3f7c0a0"$1"; }
expect_eq 'asked' "Asking $TARGET for a session" "$(host 1 MESSAGE)"
expect_eq 'ended' "Session on $TARGET ended: exit 4" "$(host 2 MESSAGE)"
for number in 1 2; do
    expect_eq 'target' "$TARGET" "$(host $number POSTERN_TARGET)"
    expect_eq 'operator' eve "$(host $number POSTERN_CLAIMED_OPERATOR)"
    expect_eq 'reason' why "$(host $number POSTERN_CLAIMED_REASON)"
    expect_eq 'command' 'sh -c exit 4' "$(host $number POSTERN_COMMAND)"
done
expect_eq 'outcome' 'exit 4' "$(host 2 POSTERN_OUTCOME)"
expect_eq 'session of the result' "$SESSION" "$(json both.json session)"
