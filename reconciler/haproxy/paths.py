"""Where things are inside the HAProxy container."""

RUN_DIRECTORY = "/run/haproxy"
"""A tmpfs in the container, for the sockets alone."""
RUNTIME_SOCKET = f"{RUN_DIRECTORY}/api.sock"
MASTER_SOCKET = f"{RUN_DIRECTORY}/master.sock"
CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg"
