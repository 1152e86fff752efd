#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/lib.sh"
systemctl start postern.socket
# What contrib/install does in a running system; files that were copied into a root wait for a boot that finds /var out
# of date, which not every one does.
journalctl --update-catalog
session=$(postern exec "$TARGET" sh -c 'echo "$POSTERN_SESSION"')
for event in started exit; do
    explained=$(journal_of "$session" POSTERN_EVENT=$event --catalog)
    expect_match "what $event means" 'Subject: Session ' "$explained"
    # References to fields are filled in.
    [[ ! $explained =~ @[A-Z_]+@ ]] || fail "a field of the catalogue is not in the entry: $explained"
done
