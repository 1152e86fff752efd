# Sessions in containers of LXC, for the tests that source this: with settings of their own, on a disk of their own.
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/sessions.bash
. "$here/sessions.bash"

export TARGET=unix:/run/postern/postern-lxc.sock
containers=/var/lib/lxc
records=/var/lib/postern/cleanup/postern-lxc
before_lxc=$(mount | wc -l)

# serve_lxc [SIZE]: listens until the test ends. The guest's own root may be an overlay, which carries no other.
serve_lxc() {
    mkdir -p "$containers" "$WORK/settings"
    mount -t tmpfs -o "size=${1-512m}" lxc-test "$containers"
    cp -a /etc/postern/lxc "$WORK/lxc-settings"
    systemctl start postern-lxc.socket
    on_exit "systemctl stop 'postern-lxc*'; destroy; rm -r /etc/postern/lxc; cp -a '$WORK/lxc-settings' /etc/postern/lxc; umount '$containers'; rm -rf '$records'"
}

# destroy [NAME...]: containers that are kept; all there are, if none is given
destroy() {
    local name
    # shellcheck disable=SC2046  # a container a word
    (($#)) || set -- $(lxc-ls -1)
    for name; do
        lxc-destroy -f -n "$name" >/dev/null
        # LXC leaves its lock.
        rm -f "/run/lxc/lock$containers/.$name"
    done
}

# settings NAME LINE...: of one container, or default for all; or config, for LXC
settings() {
    local name=$1
    shift
    printf '%s\n' "$@" >"/etc/postern/lxc/$name"
}

# guest_root: containers look like the guest, and see the test's directory; their init is a program that does nothing
guest_root() {
    settings default 'rootfs=/'
    settings config 'lxc.init.cmd = /usr/bin/tail -f /dev/null' 'lxc.mount.entry = /tmp tmp none bind 0 0'
}

# What there is of containers, whoever has made it, one a line
lxc_things() {
    find "$containers" /run/lxc/lock"$containers" -mindepth 1 -maxdepth 1 2>/dev/null
    find /sys/fs/cgroup -type d \( -name 'lxc.payload*' -o -name 'lxc.monitor*' \)
    grep -lsaE '^(lxc-start|\[lxc monitor\])' /proc/[0-9]*/cmdline || :
    # A process that is in another PID namespace than this is in a container.
    ps -eo pidns=,stat=,pid=,comm= | awk -v own="$(stat -Lc %i /proc/self/ns/pid)" '$1 ~ /[0-9]/ && $1 != own && $2 !~ /^Z/'
    ! command -v nft >/dev/null || nft list tables 2>/dev/null | grep postern || :
    ip -o link 2>/dev/null | grep -E 'postern|veth' || :
    find /var/lib/postern/lxc -mindepth 1 -maxdepth 1 -name 'busybox.*' ! -path "$(cat /var/lib/postern/lxc/busybox 2>/dev/null)" 2>/dev/null
}

# Nothing of sessions, nor of what they ran in
no_containers() {
    nothing_left "${1-20}"
    expect_eq 'of containers' '' "$(lxc_things)"
    expect_eq 'records' '' "$(find "$records" -mindepth 1 2>/dev/null)"
    expect_eq 'mounts' "$((before_lxc + 1))" "$(mount | wc -l)"
}
