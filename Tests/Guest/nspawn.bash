# Sessions in machines of systemd-nspawn, for the tests that source this.
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/containers.bash
. "$here/containers.bash"

export TARGET=unix:/run/postern/postern-nspawn.sock
export ways=('--container box' '--image tools')

# serve_nspawn: listens until the test ends, with an image and a machine that runs
serve_nspawn() {
    on_exit "systemctl stop 'postern-nspawn*' box; rm -rf /var/lib/machines/tools /var/lib/machines/box"
    busybox_root /var/lib/machines/tools
    busybox_root /var/lib/machines/box
    systemd-run --quiet --collect --unit=box --service-type=notify --property=Delegate=yes --property=KillMode=mixed -- \
        systemd-nspawn --quiet --keep-unit --machine=box --directory=/var/lib/machines/box --private-network --as-pid2 \
        --console=pipe /bin/sh -c 'while :; do sleep 86400; done'
    wait_for '[[ $(insiders) == *sleep* ]]'
    systemctl start postern-nspawn.socket
    remember
}

things() {
    machinectl --no-legend --no-pager list
    insiders
    ls -A /var/lib/machines
    find /tmp -maxdepth 1 -name '*nspawn*'
    find /run/systemd/nspawn -mindepth 2
    find /run/postern -maxdepth 1 -type f
    systemctl list-units --all --plain --no-legend 'postern-*.service' | grep -v @ || :
    find /sys/fs/cgroup -type d -name 'postern-*.service' ! -name '*@*'
}
