#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/wrapped.bash"

serve_wrapped
# Before the client learns of the end
expect_code 3 postern exec "$TARGET" sh -c '[ -d /run/postern-things/$POSTERN_SESSION ] && exit 3'
expect_eq 'made things after the client' '' "$(ls -A "$things")"
nothing_made

# end_by WAY: of the session whose client is in the background
end_by() {
    case $1 in
        term) kill -TERM "$(worker)" ;;
        kill) kill -KILL "$(worker)" ;;
        stop) systemctl stop 'postern-wrapped@*' ;;
        client) kill -KILL "$CLIENT" ;;
    esac
}

# Every way out at every moment; the client hears of each, unless it is the way.
for way in term kill stop client; do
    for moment in before-prepare prepared; do
        pause_at "$moment"
        in_background "$way-$moment" postern exec "$TARGET" true
        reached "$moment"
        end_by "$way"
        client 125 137
        pass "$moment"
        nothing_made
    done
    begin "running-$way" -- sleep 4242
    end_by "$way"
    client 125 137
    nothing_made
    pause_at before-release
    begin "releasing-$way" -- true
    reached before-release
    if [[ $way == stop ]]; then systemctl stop --no-block 'postern-wrapped@*'; else end_by "$way"; fi
    # Then systemd runs the helper, which comes here, too.
    [[ $way != kill ]] || reached before-release
    pass before-release
    client 0 125 137
    nothing_made
done

# A limit of time; the first process of a PID namespace does not hear a hang-up.
options POSTERN_OPTIONS=--grace=1
expect_code 137 postern exec --timeout 1 --json-result timeout.json "$TARGET" sleep 4242 2>/dev/null
expect_eq 'cause' timeout "$(json timeout.json cause)"
nothing_made

# What cannot be started
echo 'no room for a container' >"$WORK/refuse"
expect_code 125 postern exec --json-result refused.json "$TARGET" true 2>err
expect_eq 'stage' prepare "$(json refused.json stage)"
expect_match 'message' 'no room for a container' "$(<err)"
rm "$WORK/refuse"
nothing_made

# A release that fails is told, kept on record, and done by the next session.
touch "$WORK/fail-release"
expect_code 0 postern exec --name unreleased "$TARGET" true 2>err
expect_match 'notice' 'what the session ran in is not cleaned up yet' "$(<err)"
no_units_left
[[ $(ls -A "$things") && $(ls -A "$records") ]] || fail 'nothing stayed'
expect_match 'journal' '.' "$(journal_field POSTERN_REASON POSTERN_EVENT=not-released POSTERN_NAME=unreleased)"
rm "$WORK/fail-release"
expect_code 0 postern exec "$TARGET" true
nothing_made

# Without a record nothing is made.
rm -rf "$records"
mount -t tmpfs -o ro none /var/lib/postern
on_exit 'umount /var/lib/postern'
expect_code 125 postern exec --json-result cleanup.json "$TARGET" true 2>err
expect_eq 'stage' cleanup "$(json cleanup.json stage)"
expect_eq 'things without a record' '' "$(ls -A "$things")"
nothing_left
