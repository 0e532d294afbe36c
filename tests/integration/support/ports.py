"""Ports of this host that nobody listens on."""

from __future__ import annotations

import random
import socket

_LOWEST, _HIGHEST = 20_000, 31_999  # below the range that Linux takes outgoing ports from
_random = random.SystemRandom()  # the same in each xdist worker with any other generator
_given: set[int] = set()


def free_port() -> int:
    """Random, so that runs beside this one hardly ever get the same."""
    for _ in range(1000):
        port = _random.randint(_LOWEST, _HIGHEST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise AssertionError("no free port found")


def free_ports(number: int) -> range:
    """So many in a row."""
    for _ in range(1000):
        first = free_port()
        ports = range(first, first + number)
        if not _given.intersection(ports[1:]) and all(map(_is_free, ports)):
            _given.update(ports)
            return ports
    raise AssertionError("no free ports found")


def random_name(prefix: str = "it") -> str:
    return f"{prefix}{_random.getrandbits(40):010x}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
