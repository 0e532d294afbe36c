"""The prefix of every label this tool sets on what it makes; user labels may not start with it."""

LABEL_PREFIX = "io.haproxy-reconciler."
