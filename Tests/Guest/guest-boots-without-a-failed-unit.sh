#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

expect_eq 'failed units' '' "$(systemctl list-units --state=failed --plain --no-legend | awk '{ print $1 }')"
expect_eq 'state' running "$(systemctl is-system-running)"
