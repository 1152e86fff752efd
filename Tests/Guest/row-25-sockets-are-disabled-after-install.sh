#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

mapfile -t sockets < <(cd /usr/lib/systemd/system && ls postern*.socket)
for unit in "${sockets[@]}"; do
    expect_eq "$unit" disabled "$(systemctl is-enabled "$unit" || :)"
done
# What a package's first install does.
systemctl preset "${sockets[@]}"
for unit in "${sockets[@]}"; do
    expect_eq "$unit after preset" disabled "$(systemctl is-enabled "$unit" || :)"
done
expect_eq 'links' '' "$(find /etc/systemd/system -name 'postern*')"
# Enabling is one command.
on_exit 'systemctl disable --quiet --now postern.socket'
systemctl enable --quiet --now postern.socket
expect_eq 'the command' 'hello' "$(postern exec "$TARGET" echo hello)"
