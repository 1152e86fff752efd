#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/lxc.bash"

# refused STAGE REGEX [ARG...]: the session is not made, for that reason, and nothing is left of the attempt
refused() {
    local stage=$1 regex=$2
    shift 2
    expect_code 125 postern exec --json-result refused.json "$@" "$TARGET" true 2>refused.err
    expect_eq "stage of $*" "$stage" "$(json refused.json stage)"
    expect_match "reason of $*" "$regex" "$(<refused.err)"
    expect_eq "lines of $*" 1 "$(wc -l <refused.err)"
    no_containers
}

serve_lxc
for name in a/b ../b . .. -x --help 'a b' $'a\nb' a:b 'ä' "$(printf 'a%.0s' {1..65})"; do
    refused open container --container "$name"
done
refused prepare 'default has another meaning' --container default
refused prepare 'config has another meaning' --container config
refused prepare 'for sessions that give none' --container postern-0123456789abcdef

settings default 'rootfs=/nowhere' '#' 'destroy-on-exit=yes'
refused prepare 'default, line 1: rootfs=/nowhere is not there; .*rootfs=busybox'
settings default '# a remark' '   rootfs=srv   '
refused prepare 'default, line 2: rootfs=srv: give busybox, or the absolute path'
settings default 'rootfs=/a:b'
refused prepare 'default, line 1: rootfs=/a:b: an overlay takes no'
settings default 'destroy-on-exit=maybe'
refused prepare 'default, line 1: destroy-on-exit=maybe: give yes or no'
settings default 'rootfs=busybox' 'memory=1G'
refused prepare 'default, line 2: memory=1G: known are rootfs='
settings default 'nothing at all'
refused prepare 'default, line 1: nothing at all: known are'
settings default
settings mine 'colour=red'
refused prepare '/mine, line 1: colour=red' --container mine
expect_code 0 postern exec --container another "$TARGET" true
settings default 'network=none' 'allow=tcp 192.0.2.1 443'
refused prepare 'allow|network'
settings default

# A root that is not one, and one without what sessions need
mkdir -p broken/bin broken/sbin broken/dev broken/proc broken/sys
settings default "rootfs=$WORK/broken"
refused prepare "container 'postern-[0-9a-f]*' does not start: .*/sbin/init.*; look at"
cp /bin/busybox broken/sbin/init
expect_code 127 postern exec "$TARGET" true 2>err
no_containers
settings default
settings config 'lxc.no.such.key = 1'
refused prepare "does not start: .*lxc.no.such.key"
settings config

# LXC does not come to an end, or cannot
mkdir -p /usr/local/bin
on_exit 'rm -f /usr/local/bin/lxc-start'
printf '%s\n' '#!/bin/sh' '/usr/bin/lxc-start "$@"' 'setsid sleep 4242' >/usr/local/bin/lxc-start
chmod 0755 /usr/local/bin/lxc-start
options POSTERN_OPTIONS=--helper-timeout=1
refused prepare 'lxc did not finish within 1 s'
refused prepare 'lxc did not finish within 1 s' --container named
options
printf '%s\n' '#!/bin/sh' 'kill -KILL $PPID' >/usr/local/bin/lxc-start
refused prepare 'killed by SIGKILL'
rm /usr/local/bin/lxc-start

# No room at all, and none for the container alone
umount "$containers"
mount -t tmpfs -o size=16k,nr_inodes=8 lxc-test "$containers"
head -c 16384 /dev/zero >"$containers/full" || :
refused_when_full() {
    expect_code 125 postern exec --json-result refused.json "$@" "$TARGET" true 2>refused.err
    expect_eq 'stage' prepare "$(json refused.json stage)"
    expect_match 'reason' 'full|No space left' "$(<refused.err)"
    expect_eq 'what is there' "$containers/full" "$(find "$containers" -mindepth 1)"
}
refused_when_full
refused_when_full --container named
rm "$containers/full"
touch "$containers"/{1..6}
refused_when_none() {
    expect_code 125 postern exec --json-result refused.json "$@" "$TARGET" true 2>refused.err
    expect_eq 'stage' prepare "$(json refused.json stage)"
    expect_match 'reason' 'full|No space left' "$(<refused.err)"
    expect_eq 'what is there' "$(printf "$containers/%s\n" {1..6})" "$(find "$containers" -mindepth 1 | sort)"
}
refused_when_none
refused_when_none --container named
umount "$containers"
mount -t tmpfs lxc-test "$containers"
# The disk on which the first root is made
rm -rf /var/lib/postern/lxc
mkdir -p /var/lib/postern/lxc
mount -t tmpfs -o size=100k none /var/lib/postern/lxc
on_exit 'umount /var/lib/postern/lxc 2>/dev/null'
expect_code 125 postern exec "$TARGET" true 2>err
expect_match 'reason' 'is the disk full' "$(<err)"
expect_eq 'what is there' '' "$(find /var/lib/postern/lxc -mindepth 1 -type d)"
umount /var/lib/postern/lxc
expect_code 0 postern exec "$TARGET" true
no_containers
