"""Which backends get traffic."""

from __future__ import annotations

from reconciler.topology.model import Backend, Topology


def served_backends(topology: Topology) -> dict[str, Backend]:
    """The backends that some frontend sends traffic to, in the order of the file."""
    served = {frontend.default_backend for frontend in topology.frontends.values()}
    return {name: backend for name, backend in topology.backends.items() if name in served}
