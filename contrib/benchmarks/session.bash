# Sourced by contrib/bench: one short session after the other.
# shellcheck shell=bash disable=SC2154,SC2034  # top, state, rounds and the like are its

# What openssh-server needs beyond the guest's root, unpacked into a tree of its own and kept: the root stays as it is.
sshd_tree() {
    local root=$1 cache=${POSTERN_CACHE:-/var/cache/postern} tree work deb directory
    tree=$cache/sshd-${root##*/}
    exec 9>"$tree.lock"
    flock 9
    if [[ ! -d $tree ]]; then
        echo "bench: fetching openssh-server for the guest" >&2
        work=$tree.new
        rm -rf "$work"
        mkdir -p "$work/debs/partial" "$work/tree/usr"
        apt-get -qq -y --no-install-recommends --download-only -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
            -o Dir::State::status="$root/var/lib/dpkg/status" -o Dir::Cache::archives="$work/debs" \
            install openssh-server >/dev/null
        for deb in "$work"/debs/*.deb; do
            dpkg -x "$deb" "$work/tree"
        done
        # In the guest these are links into /usr.
        for directory in bin sbin lib lib64; do
            [[ ! -d $work/tree/$directory ]] || cp -a "$work/tree/$directory" "$work/tree/usr/"
            rm -rf "${work:?}/tree/$directory"
        done
        mv "$work/tree" "$tree"
        rm -rf "$work"
    fi
    exec 9>&-
    echo "$tree"
}

# The reference's units are Postern's, but for the program and the socket's path.
reference_units() {
    local units=$1/usr/lib/systemd/system
    sed 's|^ExecStart=.*|ExecStart=/usr/libexec/reference-worker|' "$top/systemd/postern@.service" \
        >"$units/reference@.service"
    sed 's|^ListenStream=.*|ListenStream=/run/postern/reference.sock|' "$top/systemd/postern.socket" \
        >"$units/reference.socket"
}

# sshd as inetd would start it: the way that is nearest to one worker per connection. PAM is off, in its favour.
sshd_units() {
    local tree=$1
    mkdir -p "$tree/etc/bench" "$tree/usr/lib/sysusers.d" "$tree/usr/lib/tmpfiles.d"
    ssh-keygen -q -t ed25519 -N '' -f "$tree/etc/bench/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$state/key"
    cp "$state/key.pub" "$tree/etc/bench/authorized_keys"
    echo "guest $(cut -d' ' -f1,2 "$tree/etc/bench/host_key.pub")" >"$state/known_hosts"
    echo 'u sshd - "sshd privilege separation" /run/sshd' >"$tree/usr/lib/sysusers.d/bench.conf"
    echo 'd /run/sshd 0755 root root -' >"$tree/usr/lib/tmpfiles.d/bench.conf"
    printf '%s\n' 'HostKey /etc/bench/host_key' 'AuthorizedKeysFile /etc/bench/authorized_keys' 'StrictModes no' \
        'PermitRootLogin prohibit-password' 'UsePAM no' 'PrintMotd no' >"$tree/etc/bench/sshd_config"
    printf '%s\n' '[Socket]' 'ListenStream=/run/postern/sshd.sock' 'Accept=yes' 'MaxConnections=4096' \
        'TriggerLimitIntervalSec=0' >"$tree/usr/lib/systemd/system/bench-sshd.socket"
    printf '%s\n' '[Unit]' 'CollectMode=inactive-or-failed' '[Service]' 'StandardInput=socket' 'StandardError=journal' \
        'ExecStart=-/usr/sbin/sshd -i -f /etc/bench/sshd_config' >"$tree/usr/lib/systemd/system/bench-sshd@.service"
}

# private_dirty worker|reference PROGRAM SOCKET waiting|session
private_dirty() {
    local stdin
    coproc holder { "$state/driver" hold "$1" "$3" "$4"; }
    stdin=${holder[1]}
    read -r -u "${holder[0]}" || die "the $1 does not answer"
    # A worker that waits for its client is not ready yet: it is given time to come to rest.
    sleep 0.5
    anonymous "\$(pgrep -n -f '^/usr/libexec/$2')"
    exec {stdin}>&-
}

session() {
    local root ssh ref waiting busy libraries
    rounds=${rounds:-400}
    need ssh:openssh-client socat:socat pkg-config:pkg-config
    pkg-config --exists libsystemd || need libsystemd.h:libsystemd-dev
    root=$("$top/contrib/guest/root" bookworm)
    ssh=$(sshd_tree "$root")
    prepare
    read -ra libraries < <(pkg-config --libs libsystemd)
    compile "$top/contrib/benchmarks/reference-worker.c" -o "$tree/usr/libexec/reference-worker" "${libraries[@]}"
    strip "$tree/usr/libexec/reference-worker"
    reference_units "$tree"
    sshd_units "$tree"
    boot postern.socket reference.socket bench-sshd.socket -- --tree "$ssh"

    echo "bench: measuring for about a minute" >&2
    "$state/driver" measure "$sockets/postern.sock" "$sockets/reference.sock" "$rounds" 2.5 30 \
        -- "$bindir/postern" exec -t "unix:$sockets/postern.sock" sh -c 'echo ok' \
        -- ssh -tt -F none -i "$state/key" -o UserKnownHostsFile="$state/known_hosts" -o IdentitiesOnly=yes \
        -o ProxyCommand="socat - UNIX-CONNECT:$sockets/sshd.sock" -o LogLevel=ERROR root@guest 'echo ok' \
        >"$state/results"
    for ref in 'worker postern-worker postern.sock' 'reference reference-worker reference.sock'; do
        # shellcheck disable=SC2086 # three words
        set -- $ref
        waiting=$(private_dirty "$1" "$2" "$sockets/$3" waiting)
        busy=$(private_dirty "$1" "$2" "$sockets/$3" session)
        echo "dirty-$1 $waiting $busy" >>"$state/results"
    done
    echo "A session on a PTY, sh -c 'echo ok', on $(where):"
    # shellcheck disable=SC2016 # for awk
    report '
        function row(label, key, rate, dirty, memory) {
            memory = dirty ? v[dirty, 1] " / " v[dirty, 2] : "-"
            printf "  %-34s %9.2f %9.2f %12s %18s\n", label, v[key, 1], v[key, 2], rate ? v[rate, 1] : "-", memory
        }
        END {
            printf "\n  %-34s %9s %9s %12s %18s\n", "", "p50 ms", "p99 ms", "4 clients/s", "dirty KiB (*)"
            row("postern-worker", "worker", "rate-worker", "dirty-worker")
            row("minimal C worker", "reference", "rate-reference", "dirty-reference")
            row("postern exec -t, whole command", "exec")
            row("ssh -tt via sshd -i, whole command", "ssh")
            printf "  (*) private dirty: waiting for a request / with an idle session\n\n"
            ratio("p50, worker / C worker", "ratio", "1.10", 0, "fifths of the run")
            bar("p50, ssh -tt / worker", sprintf("%.1f", v["ssh", 1] / v["worker", 1]), "20", 1)
            bar("sessions per second, worker / C worker", sprintf("%.2f", v["rate-worker", 1] / v["rate-reference", 1]), "0.95", 1)
            bar("private dirty KiB, idle session", v["dirty-worker", 2], "600", 0)
            printf "\n  %d rounds; again: contrib/bench session --rounds %d\n", rounds, rounds
        }'
}
