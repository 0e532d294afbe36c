"""What is on the engine's machine, when that is this one: looked at, and never changed.

A process in a container, or a daemon that systemd gives a view of its own, sees other files than
the engine does. So nothing is said unless both are shown to see the same.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable

from reconciler.engine.docker.snapshot import local_socket

_PEER = "3i"
"""Process, user and group of a socket's other end (`man 7 unix`)."""


def missing_paths(paths: Iterable[str]) -> frozenset[str]:
    """Those that are surely not there. It takes root to be sure."""
    place = local_socket()
    wanted = list(paths)
    if not wanted or place is None or not _sees_what_is_seen_by(place):
        return frozenset()
    return frozenset(path for path in wanted if _is_missing(path))


def _is_missing(path: str) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _sees_what_is_seen_by(engine: str) -> bool:
    """Whether this process has the file systems of the one that listens on a socket. That may be
    systemd in the engine's place, which has the host's."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(engine)
            peer = connection.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_PEER)
            )
        pid = struct.unpack(_PEER, peer)[0]
        return pid > 0 and os.readlink(f"/proc/{pid}/ns/mnt") == os.readlink("/proc/self/ns/mnt")
    except OSError:
        return False
