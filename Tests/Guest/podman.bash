# Sessions in containers of podman, for the tests that source this.
# shellcheck shell=bash
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=Tests/Guest/containers.bash
. "$here/containers.bash"

export TARGET=unix:/run/postern/postern-podman.sock
export ways=('--container box' '--image localhost/tools:1')
# A guest in a container may not load rules for devices, without which podman makes no cgroups.
cgroups=split box_cgroups=enabled
! systemd-detect-virt --quiet --container || cgroups=disabled box_cgroups=disabled

# serve_podman: listens until the test ends, with an image and a container that runs
serve_podman() {
    cp -a /etc/postern/podman "$WORK/podman-settings"
    cp -a /etc/containers/containers.conf "$WORK/containers.conf"
    on_exit "systemctl stop 'postern-podman*'
        { podman rm --all --force --time 0; systemctl stop box; systemctl reset-failed box; podman rmi --all --force; } >/dev/null 2>&1
        cp -a '$WORK/podman-settings' /etc/postern/podman; cp -a '$WORK/containers.conf' /etc/containers/containers.conf"
    # The root of an initrd cannot be pivoted away from.
    if [[ $(stat --file-system --format=%T /) == tmpfs ]]; then
        printf '[engine]\nno_pivot_root = true\n' >>/etc/containers/containers.conf
    fi
    settings "CGROUPS=$cgroups"
    busybox_root "$WORK/root"
    tar --directory "$WORK/root" --create . | podman import --quiet --change CMD=/bin/sh - localhost/tools:1 >/dev/null
    # A unit of its own, as an operator's containers have.
    systemd-run --quiet --unit=box --service-type=oneshot --property=RemainAfterExit=yes --property=Delegate=yes -- \
        podman run --detach --name box --network=none --cgroups="$box_cgroups" localhost/tools:1 \
        sh -c 'trap "exit 0" TERM; while :; do sleep 86400 & wait; done' >/dev/null
    systemctl start postern-podman.socket
    remember
}

# settings LINE...
settings() { printf '%s\n' "$@" >/etc/postern/podman; }

things() {
    podman ps --all --external --format '{{.Names}}'
    insiders
    pgrep --exact --count conmon || :
    find /run/crun -mindepth 1 -maxdepth 1
    find /sys/fs/cgroup -type d -name 'libpod*'
    mount | grep -c containers || :
}
