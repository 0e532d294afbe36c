"""Where things are inside the HAProxy container."""

RUN_DIRECTORY = "/run/haproxy"
"""For the sockets alone: in memory, and only HAProxy's user may enter."""
RUNTIME_SOCKET = f"{RUN_DIRECTORY}/api.sock"
MASTER_SOCKET = f"{RUN_DIRECTORY}/master.sock"
CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg"
