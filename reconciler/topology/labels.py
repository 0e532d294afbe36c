"""What is this tool's own: no label of a user may start with the prefix, and no volume end so."""

LABEL_PREFIX = "io.haproxy-reconciler."
RUN_VOLUME_SUFFIX = "-haproxy.run"
