#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
postern exec "$TARGET" true
mount -t tmpfs -o size=16k,nr_inodes=6,mode=0700 tiny /run/postern/postern
on_exit 'umount /run/postern/postern'
mkdir /run/postern/postern/ended
# No file can be made.
touch /run/postern/postern/{a,b,c,d,e,f} 2>/dev/null || :
for option in '' '--linger 5' -d; do
    # shellcheck disable=SC2086  # words are meant
    expect_code 125 postern exec --json-result full.json $option "$TARGET" touch "$WORK/began" 2>err
    expect_match "$option: message" 'cannot put the session on record at /run/postern/postern.*No space left' "$(<err)"
    expect_eq "$option: stage" session "$(json full.json stage)"
    [[ ! -e began ]] || fail 'the command has run'
done
rm -f /run/postern/postern/[a-f]
expect_eq 'with room again' hello "$(postern exec "$TARGET" echo hello)"
no_units_left

# No room for a result: it is in the journal, and the session's client has it.
begin full -i --linger 5 -- sh -c 'head -c 8000 /dev/zero; cat' <<<''
client 0
detached unkept -- sh -c 'head -c 64000 /dev/zero; sleep 0.2'
no_units_left
expect_match 'not kept' 'No space left' "$(entry "$SESSION" not-kept POSTERN_REASON)"
expect_eq 'outcome' 'exit 0' "$(entry "$SESSION" exit POSTERN_OUTCOME)"
nothing_left
