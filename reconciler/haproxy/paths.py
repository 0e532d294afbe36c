"""Where things are inside the HAProxy container."""

RUN_DIRECTORY = "/run/haproxy"
"""For the sockets alone: in memory, and only HAProxy's user may enter."""
RUNTIME_SOCKET = f"{RUN_DIRECTORY}/api.sock"
MASTER_SOCKET = f"{RUN_DIRECTORY}/master.sock"
CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg"

SOCKETS_VARIABLE = "RECONCILER_SOCKETS"
"""What the sockets of a HAProxy that hands over begin with. Two share the run directory then, with
one configuration: the variable, which each container has for itself, keeps their sockets apart."""
OWN_RUNTIME_SOCKET = f"${{{SOCKETS_VARIABLE}-{RUN_DIRECTORY}/}}api.sock"
"""In haproxy.cfg and in a shell alike."""
OWN_MASTER_SOCKET = f"${{{SOCKETS_VARIABLE}-{RUN_DIRECTORY}/}}master.sock"


def sockets_of(container: str) -> str:
    """What the names of a container's sockets begin with, when it hands over."""
    return f"{RUN_DIRECTORY}/{container}."


def runtime_socket_of(container: str) -> str:
    return f"{sockets_of(container)}api.sock"
