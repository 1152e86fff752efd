#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/sessions.bash"

for unit in postern.socket postern-vsock.socket; do
    expect_eq "$unit" disabled "$(systemctl is-enabled "$unit" || :)"
done
# What a package's first install does.
systemctl preset postern.socket postern-vsock.socket
expect_eq 'after preset' disabled "$(systemctl is-enabled postern.socket || :)"
expect_eq 'links' '' "$(find /etc/systemd/system -name 'postern*')"
# Enabling is one command.
on_exit 'systemctl disable --quiet --now postern.socket'
systemctl enable --quiet --now postern.socket
expect_eq 'the command' 'hello' "$(postern exec "$TARGET" echo hello)"
