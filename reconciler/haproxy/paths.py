"""Where things are inside the HAProxy container, and what it is called there."""

import hashlib

RUN_DIRECTORY = "/run/haproxy"
"""For the sockets alone: in memory, and only HAProxy's user may enter."""
RUNTIME_SOCKET = f"{RUN_DIRECTORY}/api.sock"
MASTER_SOCKET = f"{RUN_DIRECTORY}/master.sock"
PEERS_SOCKET = f"{RUN_DIRECTORY}/peers.sock"
"""One for all: who follows takes it over, and is then found there by who ends."""
CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg"
FILES_DIRECTORY = "/usr/local/etc/haproxy/files"
"""What HAProxy reads beside it."""
CHECK_DIRECTORY = f"{FILES_DIRECTORY}.new"
"""Where files are put that HAProxy shall only check."""

_SOCKETS_DIRECTORY = "/run/sockets"
"""Below it are the host's directories for sockets that clients connect to."""

IDLE_HOST = "haproxy"
"""Where spare servers point, all of them in maintenance: a name that Docker's DNS answers itself,
since HAProxy's own container has it, and that no container of a backend can have."""
IDLE_ADDRESS = "127.0.0.1"
"""The same where HAProxy knows no names: on the host's network, and no container has it there."""
IDLE_HOSTS = frozenset({IDLE_HOST, IDLE_ADDRESS})

SOCKETS_VARIABLE = "RECONCILER_SOCKETS"
"""What the sockets of a HAProxy that hands over begin with. Two share the run directory then, with
one configuration: the variable, which each container has for itself, keeps their sockets apart."""
OWN_RUNTIME_SOCKET = f"${{{SOCKETS_VARIABLE}-{RUN_DIRECTORY}/}}api.sock"
"""In haproxy.cfg and in a shell alike."""
OWN_MASTER_SOCKET = f"${{{SOCKETS_VARIABLE}-{RUN_DIRECTORY}/}}master.sock"


def is_directory_of_sockets(path: str) -> bool:
    return path.startswith(f"{_SOCKETS_DIRECTORY}/")


def directory_of_sockets(directory: str) -> str:
    """Where a directory of the host is found, if it is for sockets: by no number, so that one more
    changes no other."""
    return f"{_SOCKETS_DIRECTORY}/{hashlib.sha256(directory.encode()).hexdigest()[:8]}"


def sockets_of(container: str) -> str:
    """What the names of a container's sockets begin with, when it hands over."""
    return f"{RUN_DIRECTORY}/{container}."


def runtime_socket_of(container: str) -> str:
    return f"{sockets_of(container)}api.sock"
