#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
echo "SECRET_FILE=from-file-5151" >variables
printf 'typed-5151\n' >input
SECRET_TAKEN=taken-5151 expect_code 0 postern exec -i -e SECRET_GIVEN=given-5151 -e SECRET_TAKEN --env-file variables \
    --name discreet "$TARGET" sh -c 'cat; env; env >&2' <input >out 2>err
for secret in given taken from-file typed; do
    grep -q "$secret-5151" out || fail "the session itself has no $secret"
done
# On the machine where -e NAME=VALUE was typed, journald itself records the caller's command line.
journalctl --sync
expect_eq 'journal' '' "$(journalctl --quiet --boot --all --output=export --since="@$test_began" | grep -a -v ^_CMDLINE= | grep -a 5151 || :)"
