#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

serve
expect_eq 'mode' 600 "$(stat --format=%a /run/postern/postern.sock)"
expect_code 125 runuser -u alice -- postern exec "$TARGET" true 2>err
expect_match 'message' '[Pp]ermission denied' "$(<err)"
