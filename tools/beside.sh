# shellcheck shell=sh
# An engine beside the machine's own, for tools/engine, which reads this with `.` when $name is one: Docker 28 out
# of Debian forky's packages, unpacked into .cache and not installed.
#
# All checkouts of a machine share it, by its socket: whoever comes first starts it, out of its own .cache. In a
# network namespace for itself its bridges and firewall rules meet nobody else's, and there, only there, it
# publishes ports.
# shellcheck disable=SC2034,SC2154  # what tools/engine has given, and what it reads

suite=forky
tree=$cache/docker-28
run=/run/reconciler-test
network=$run/$name/network

home=$cache/engine/$name
locks=$run
launcher="nsenter --net=$network"
PATH=$tree/bin:$PATH
DOCKER_HOST=unix://$run/$name/docker.sock
ENGINE_OPTIONS="--config-file=$run/$name/daemon.json --exec-root=$run/$name/exec --pidfile=$run/$name/docker.pid ${ENGINE_OPTIONS-}"

features=''
case $name in
    28-containerd) features='"containerd-snapshotter": true' ;;
    28-strict)     DOCKER_MIN_API_VERSION=1.44; export DOCKER_MIN_API_VERSION ;;
esac

prepare() {
    can_install || fail "Engines beside the machine's own need root, and Debian's packages."
    mkdir -p "$home" "$run/$name"
    [ -x "$tree/bin/dockerd" ] || fetch_docker
    has iptables || install_packages iptables
    has_network || make_network
    printf '{"data-root": "%s", "features": {%s}}\n' "$home/data" "$features" >"$run/$name/daemon.json"
}

# Some dependencies of Docker must not come before the machine's own programs on the PATH, so it gets a directory
# of its own programs' names.
fetch_docker() {
    has mmdebstrap || install_packages mmdebstrap debian-archive-keyring
    has patchelf || install_packages patchelf
    say 'Fetching Docker 28 from the Debian packages, once …'
    rm -rf "$tree" "$tree.new"
    # Lists of a suite that is not released expire within days; a mirror that stands still is good enough here.
    mmdebstrap --quiet --variant=extract --include=docker.io,docker-cli \
        --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$tree.new" 2>"$cache/docker-28.log" ||
        fail "That is not possible here (see $cache/docker-28.log)."
    make_runc_portable "$tree.new"
    mkdir "$tree.new/bin"
    for program in sbin/dockerd sbin/docker-proxy sbin/runc bin/containerd bin/containerd-shim-runc-v2 bin/docker; do
        ln -s "../usr/$program" "$tree.new/bin/"
    done
    ln -s ../usr/bin/tini-static "$tree.new/bin/docker-init"
    mv "$tree.new" "$tree"
}

# make_runc_portable TREE: of all these programs runc alone wants a newer libc than Debian 12 has.
make_runc_portable() {
    loader=$(patchelf --print-interpreter "$1/usr/sbin/runc")
    libraries=$(dirname "$(find "$1/usr/lib" -name libc.so.6)")
    patchelf --set-interpreter "$tree/usr$loader" --set-rpath "$tree${libraries#"$1"}" "$1/usr/sbin/runc"
}

has_network() {
    $launcher true 2>/dev/null
}

make_network() {
    has ip || install_packages iproute2
    : >"$network"
    unshare "--net=$network" ip link set lo up
}

# Mounted still are its networks, and after it was killed its data upon itself, and file systems of containers.
tidy() {
    { findmnt --list --noheadings --output TARGET | grep -F -e "$run/$name/" -e "$home/data" || :; } | sort -r |
        while read -r mounted; do umount --lazy "$mounted"; done
    rm -rf "${run:?}/$name"
}
