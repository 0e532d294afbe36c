"""What is this tool's own: no label of a user may start with the prefix, no volume end so, and
nothing be mounted in HAProxy's container at these paths."""

LABEL_PREFIX = "io.haproxy-reconciler."
RUN_VOLUME_SUFFIX = "-haproxy.run"
PATHS_OF_HAPROXY = (
    "/usr/local/etc/haproxy/haproxy.cfg",
    "/usr/local/etc/haproxy/files",
    "/run/haproxy",
    "/run/sockets",
)
