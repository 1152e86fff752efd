#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

drop_in postern.socket Socket SocketMode=0666
options 'POSTERN_OPTIONS=--peers=root'
serve
expect_eq 'root' root "$(postern exec "$TARGET" id -un)"
expect_code 125 runuser -u alice -- postern exec "$TARGET" id 2>err
expect_match 'message' 'user id 1000 may not use this socket' "$(<err)"
wait_for '[[ $(journal_field MESSAGE_ID --since="@$test_began" POSTERN_EVENT=refused) ]]'
expect_eq 'id' 3d4c5f0e7a8b4c1f9e2d6a7b8c9d0e02 "$(journal_field MESSAGE_ID --since="@$test_began" POSTERN_EVENT=refused)"
expect_match 'reason' 'user id 1000' "$(journal_field POSTERN_REASON --since="@$test_began" POSTERN_EVENT=refused)"
expect_eq 'nothing was read' '' "$(journal_field SESSION_ID --since="@$test_began" POSTERN_EVENT=refused)"
nothing_left
