"""What is on the engine's machine, when that is this one: looked at, and never changed.

A process in a container, or a daemon that systemd gives a view of its own, sees other files than
the engine does. So nothing is said unless both are shown to see the same.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterable

from reconciler.desired.spec import PublishedPort
from reconciler.engine.bounds import MOST_BYTES
from reconciler.engine.docker.snapshot import local_socket
from reconciler.files.reading import read_file

_OF_DOCKER = {"docker-proxy", "dockerd"}
_PEER = "3i"
"""Process, user and group of a socket's other end (`man 7 unix`)."""


def missing_paths(paths: Iterable[str]) -> frozenset[str]:
    """Those that are surely not there. It takes root to be sure."""
    place = local_socket()
    wanted = list(paths)
    if not wanted or place is None or not _shares("mnt", place):
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


def taken_ports(ports: Iterable[PublishedPort]) -> dict[PublishedPort, str]:
    """Those that some program listens on, and which one. It takes root to be sure. What Docker
    itself holds is a container's, and is known from the list of containers."""
    place = local_socket()
    wanted = list(ports)
    if not wanted or place is None or not _shares("net", place):
        return {}
    found = {port: _listener(port) for port in wanted if _is_taken(port)}
    return {port: who for port, who in found.items() if who.partition(",")[0] not in _OF_DOCKER}


def _is_taken(port: PublishedPort) -> bool:
    """Whether it cannot be bound. What ended a moment ago does not count."""
    family = socket.AF_INET6 if port.address and ":" in port.address else socket.AF_INET
    kind = socket.SOCK_DGRAM if port.protocol == "udp" else socket.SOCK_STREAM
    try:
        with socket.socket(family, kind) as probe:
            if port.protocol != "udp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((port.address or "", port.host_port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _listener(port: PublishedPort) -> str:
    """`nginx, process 812`, as far as it can be found out."""
    sockets = set()
    for table in (f"/proc/net/{port.protocol}", f"/proc/net/{port.protocol}6"):
        with contextlib.suppress(OSError, ValueError):
            for line in read_file(table, MOST_BYTES).decode().splitlines()[1:]:
                columns = line.split()
                if int(columns[1].rpartition(":")[2], 16) == port.host_port:
                    sockets.add(f"socket:[{columns[9]}]")
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                if os.readlink(f"/proc/{process}/fd/{descriptor}") in sockets:
                    name = read_file(f"/proc/{process}/comm").decode(errors="replace").strip()
                    return f"{name}, process {process}"
    return "a program on this machine"


def _shares(space: str, engine: str) -> bool:
    """Whether this process has the file systems (`mnt`) or the network (`net`) of the one that
    listens on a socket. That may be systemd in the engine's place, which has the host's."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(engine)
            peer = connection.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_PEER)
            )
        pid = struct.unpack(_PEER, peer)[0]
        own = os.readlink(f"/proc/self/ns/{space}")
        return pid > 0 and os.readlink(f"/proc/{pid}/ns/{space}") == own
    except OSError:
        return False
