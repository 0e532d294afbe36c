"""Where things are inside the HAProxy container, and what it is called there."""

RUN_DIRECTORY = "/run/haproxy"
"""For the sockets alone: in memory, and only HAProxy's user may enter."""
RUNTIME_SOCKET = f"{RUN_DIRECTORY}/api.sock"
MASTER_SOCKET = f"{RUN_DIRECTORY}/master.sock"
CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg"

IDLE_HOST = "haproxy"
"""Where spare servers point, all of them in maintenance: a name that Docker's DNS answers itself,
since HAProxy's own container has it, and that no container of a backend can have."""
