#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/lib.sh"
systemctl start postern.socket
session=$(postern exec "$TARGET" sh -c 'echo "$POSTERN_SESSION"')
for event in started exit; do
    explained=$(journal_of "$session" POSTERN_EVENT=$event --catalog)
    expect_match "what $event means" 'Subject: Session ' "$explained"
    # References to fields are filled in.
    [[ ! $explained =~ @[A-Z_]+@ ]] || fail "a field of the catalogue is not in the entry: $explained"
done
