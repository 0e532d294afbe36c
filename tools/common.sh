# shellcheck shell=sh
# What the tools share; read with `.`, from the root of the repository. Results go to stdout; what a person
# wants to know goes to stderr, so that a result can be captured.

PATH=$PATH:/usr/sbin:/sbin    # dockerd and iptables live there, and not every root shell looks there
cache=$PWD/.cache             # everything the tools keep; `make clean` removes it

# Said once for all of us: the Python SDK knows nothing of `docker context`, so the tools must not either.
default_host=unix:///var/run/docker.sock
DOCKER_HOST=${DOCKER_HOST:-$default_host}
export DOCKER_HOST

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# lock TOOL [DIRECTORY]: keeps two runs of one tool apart, until the one that calls it ends; of this checkout,
# unless they meet in another directory. Without flock (macOS) they are not.
lock() {
    locked=${2:-$cache}
    mkdir -p "$locked"
    has flock || return 0
    exec 9>"$locked/$1.lock"
    flock --nonblock 9 || { say "Waiting for another run of tools/$1 …"; flock 9; }
}

can_install() {
    has apt-get && [ "$(id -u)" = 0 ]
}

# install_packages NAME…: fails, and says why, when it cannot be done.
install_packages() {
    can_install || { say "This needs the Debian packages: $*"; return 1; }
    say "Installing $* …"
    mkdir -p "$cache"
    # Package lists may be missing (a fresh container) or too old: then, and only then, fetch them.
    { apt_install "$@" || { apt-get update && apt_install "$@"; }; } >"$cache/apt.log" 2>&1 \
        || { tail -n 15 "$cache/apt.log" >&2; return 1; }
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "$@" </dev/null
}
