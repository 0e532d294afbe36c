"""Which backends get traffic, and which ports speak TLS."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.topology.model import Backend, Frontend, Topology


def served_backends(topology: Topology) -> dict[str, Backend]:
    """The backends that some frontend sends traffic to, in the order of the file."""
    served = {frontend.default_backend for frontend in topology.frontends.values()}
    return {name: backend for name, backend in topology.backends.items() if name in served}


def proxied_backends(topology: Topology) -> dict[str, Backend]:
    """Those that HAProxy knows: all that can get traffic, when it has nothing but its statistics
    page."""
    if topology.frontends:
        return served_backends(topology)
    return {n: backend for n, backend in topology.backends.items() if backend.port is not None
            or backend.image is None}  # fmt: skip


def tls_ports(frontends: Iterable[Frontend]) -> list[int]:
    """Ports of the host on which clients find TLS, in the order of the file."""
    return [b.port for f in frontends for b in f.bind if b.tls is not None or f.tls is not None]
