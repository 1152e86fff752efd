#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/lxc.bash"

drop_in postern-lxc.socket Socket SocketMode=0666
# The wrapper is root's, whoever comes.
drop_in postern-lxc@.service Service 'Environment="POSTERN_OPTIONS=--user=root"'
serve_lxc
settings kept destroy-on-exit=no
as() { runuser -u "$1" -- postern exec "${@:2}"; }

expect_code 0 as alice --container kept "$TARGET" touch /of-alice
for who in alice root; do expect_code 0 as "$who" --container kept "$TARGET" test -e /of-alice; done
expect_code 125 as bob --container kept "$TARGET" true 2>err
expect_match 'refused' "container 'kept' belongs to somebody else" "$(<err)"
expect_code 0 as alice --container kept "$TARGET" test -e /of-alice
destroy kept
no_containers

# root's is root's, and so is what the operator has made; that is started if it has to be, and never removed.
settings kept destroy-on-exit=no
expect_code 0 postern exec --container kept "$TARGET" true
expect_code 125 as alice --container kept "$TARGET" true 2>err
destroy kept
mkdir "$containers/own"
read -r root </var/lib/postern/lxc/busybox
cat >"$containers/own/config" <<CONFIG
lxc.include = /usr/share/lxc/config/common.conf
lxc.rootfs.path = overlay:$root:$containers/own/delta
lxc.net.0.type = empty
lxc.apparmor.profile = unconfined
CONFIG
expect_code 125 as alice --container own "$TARGET" true 2>err
expect_match 'refused' "container 'own' belongs to somebody else" "$(<err)"
expect_code 0 postern exec --container own "$TARGET" touch /stays
expect_code 0 postern exec --container own "$TARGET" test -e /stays
expect_eq 'it runs on' RUNNING "$(lxc-info -sH -n own)"
begin killed --container own -- sleep 4242
kill -KILL "$(systemctl show --property=MainPID --value "$UNIT")"
client 125
no_units_left
expect_eq 'and on' RUNNING "$(lxc-info -sH -n own)"
destroy own
mkdir "$containers/no-container"
expect_code 125 postern exec --container no-container "$TARGET" true 2>err
expect_match 'refused' 'has no config and is no container' "$(<err)"
rmdir "$containers/no-container"
no_containers
