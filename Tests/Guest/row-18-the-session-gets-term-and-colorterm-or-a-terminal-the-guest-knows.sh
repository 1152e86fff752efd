#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
systemctl start postern.socket

seen() { env TERM="$1" COLORTERM="${2-}" postern exec -t "$TARGET" sh -c 'echo "$TERM/$COLORTERM"' </dev/null | tr -d '\r'; }
expect_eq 'a terminal that the guest knows' 'screen/truecolor' "$(seen screen truecolor)"
expect_eq 'one that it does not know' 'xterm-256color/' "$(seen no-such-terminal)"
expect_eq 'a path instead of a name' 'xterm-256color/' "$(seen ../../etc/passwd)"
expect_eq 'without -t' '/' "$(env TERM=screen COLORTERM=x postern exec "$TARGET" sh -c 'echo "$TERM/$COLORTERM"')"
