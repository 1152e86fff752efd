# Sourced by contrib/bench: the units of those who are compared, in a tree for the guest.
# shellcheck shell=bash disable=SC2154,SC2034  # top, and who uses the lists below, is contrib/bench

# accepting TREE NAME SLICE SETTING...: a socket unit that starts one service for each connection
accepting() {
    local units=$1/usr/lib/systemd/system name=$2 slice=$3
    shift 3
    printf '%s\n' '[Socket]' "ListenStream=/run/postern/$name.sock" 'Accept=yes' 'MaxConnections=4096' \
        'TriggerLimitIntervalSec=0' >"$units/$name.socket"
    printf '%s\n' '[Unit]' 'CollectMode=inactive-or-failed' '[Service]' "Slice=$slice" 'StandardInput=socket' \
        'StandardError=journal' "$@" >"$units/$name@.service"
}

# The reference's units are Postern's, but for the program, the socket's path, and the slice it is accounted to.
reference_units() {
    local units=$1/usr/lib/systemd/system
    sed 's|^ExecStart=.*|ExecStart=/usr/libexec/reference-worker|; s|^Slice=.*|Slice=bench-reference.slice|' \
        "$top/systemd/postern@.service" >"$units/reference@.service"
    sed 's|^ListenStream=.*|ListenStream=/run/postern/reference.sock|' "$top/systemd/postern.socket" \
        >"$units/reference.socket"
}

# sshd as inetd would start it: the way that is nearest to one worker per connection. PAM is off, in its favour.
sshd_units() {
    local tree=$1
    mkdir -p "$tree/etc/bench" "$tree/usr/lib/tmpfiles.d" "$tree/etc/systemd/system"
    ssh-keygen -q -t ed25519 -N '' -f "$tree/etc/bench/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$tree/etc/bench/key"
    cp "$tree/etc/bench/key.pub" "$tree/etc/bench/authorized_keys"
    echo "guest $(cut -d' ' -f1,2 "$tree/etc/bench/host_key.pub")" >"$tree/etc/bench/known_hosts"
    printf '%s\n' 'HostKey /etc/bench/host_key' 'AuthorizedKeysFile /etc/bench/authorized_keys' 'StrictModes no' \
        'PermitRootLogin prohibit-password' 'UsePAM no' 'PrintMotd no' >"$tree/etc/bench/sshd_config"
    # The connection itself is passed to ssh: no relay stands between the two.
    printf '%s\n' 'Host guest' 'User root' 'IdentityFile /etc/bench/key' 'IdentitiesOnly yes' \
        'UserKnownHostsFile /etc/bench/known_hosts' 'LogLevel ERROR' 'ProxyUseFdpass yes' \
        'ProxyCommand /usr/libexec/bench-driver pass /run/postern/sshd.sock' >"$tree/etc/bench/ssh_config"
    echo 'd /run/sshd 0755 root root -' >"$tree/usr/lib/tmpfiles.d/bench.conf"
    accepting "$tree" sshd bench-sshd.slice 'ExecStart=-/usr/sbin/sshd -i -f /etc/bench/sshd_config'
    # The one that Debian enables.
    ln -sf /dev/null "$tree/etc/systemd/system/ssh.service"
    ln -sf /dev/null "$tree/etc/systemd/system/ssh.socket"
}

# socat cannot be told what to run: a socket for each job of the driver's. By default it waits half a second after the end.
socat_units() {
    local tree=$1 mib=16M
    set -- echo 'echo ok' \
        cat 'stty raw -echo; echo begin; exec cat' \
        out "echo begin; sleep 0.05; exec head -c $mib /dev/zero" \
        in "stty raw -echo; echo begin; head -c $mib >/dev/null; echo end"
    while (($#)); do
        accepting "$tree" "socat-$1" bench-socat.slice \
            "ExecStart=/usr/bin/socat -t0 STDIO 'SYSTEM:\"$2\",pty,setsid,ctty,stderr'"
        shift 2
    done
}

# A container with the config of Postern's, for which LXC's tools do the rest. A guest's own root may be an overlay, which
# carries no other.
lxc_by_hand() {
    cat >"$1/usr/libexec/bench-lxc" <<'SCRIPT'
#!/bin/sh
set -eu
case $1 in
    make)
        mkdir /var/lib/lxc/by-hand
        read -r rootfs </var/lib/postern/lxc/busybox
        printf '%s\n' 'lxc.include = /usr/share/lxc/config/common.conf' \
            "lxc.rootfs.path = overlay:$rootfs:/var/lib/lxc/by-hand/delta" \
            'lxc.uts.name = by-hand' 'lxc.net.0.type = empty' >/var/lib/lxc/by-hand/config
        ;;
    enter)
        shift
        lxc-start -n by-hand
        PATH=/usr/bin:/bin exec lxc-attach -n by-hand -- "$@"
        ;;
    remove) lxc-destroy -f -n by-hand >/dev/null ;;
esac
SCRIPT
    chmod 0755 "$1/usr/libexec/bench-lxc"
    printf '%s\n' '[Mount]' 'What=tmpfs' 'Where=/var/lib/lxc' 'Type=tmpfs' >"$1/usr/lib/systemd/system/var-lib-lxc.mount"
}

# All of them, and what they listen on.
peer_units() {
    reference_units "$1"
    sshd_units "$1"
    socat_units "$1"
    lxc_by_hand "$1"
}
peer_sockets=(var-lib-lxc.mount postern-lxc.socket postern.socket reference.socket sshd.socket socat-{echo,cat,out,in}.socket)
# A slice that nobody has started goes away with its last service, and what it has counted with it.
peer_slices=(postern.slice bench-{reference,sshd,socat,run}.slice)
peer_packages=(openssh-server openssh-client dtach)
