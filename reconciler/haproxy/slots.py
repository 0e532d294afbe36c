"""Which servers of a backend stand for containers: those named by the backend and a number.

The others are the user's own, named in the file: nothing points them elsewhere at run time.
"""

from __future__ import annotations

from reconciler.haproxy.paths import IDLE_HOSTS

PROBE_SUFFIX = ".next"
"""Ends the name of a backend that only checks servers-to-be; no name in a file has a dot."""


def is_slot(backend: str, server: str) -> bool:
    """`web-2` of `web`, or of the probe for it."""
    stem, _, number = server.rpartition("-")
    return stem == backend.removesuffix(PROBE_SUFFIX) and number.isascii() and number.isdigit()


def is_idle(backend: str, server: str, host: str) -> bool:
    """Whether it is a spare one, which no container has."""
    return host in IDLE_HOSTS and is_slot(backend, server)
