"""Traffic as the file sends it: which backends get some, in which mode, which ports speak TLS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.diagnostics.place import Path
from reconciler.topology.model import Backend, Frontend, Topology
from reconciler.topology.model.types.scalar import Mode


def destinations(frontend: Frontend) -> Iterator[tuple[str, Path]]:
    """The backends that a frontend sends traffic to, and where below it the file says so."""
    if frontend.default_backend is not None:
        yield frontend.default_backend, ("default_backend",)
    for index, rule in enumerate(frontend.rules):
        if rule.backend is not None:
            yield rule.backend, ("rules", index, "backend")
        for name in rule.split:
            yield name, ("rules", index, "split", name)
    if frontend.acme is not None:
        yield frontend.acme, ("acme",)


def mode_of(topology: Topology, frontend: Frontend) -> Mode:
    """What a frontend speaks: what it says, or what the first of its backends does."""
    there = (topology.backends.get(name) for name, _ in destinations(frontend))
    if frontend.mode is not None:
        return frontend.mode
    return next((backend.mode for backend in there if backend), "http")


def served_backends(topology: Topology) -> dict[str, Backend]:
    """The backends that some frontend sends traffic to, in the order of the file."""
    served = {
        name for frontend in topology.frontends.values() for name, _ in destinations(frontend)
    }
    return {name: backend for name, backend in topology.backends.items() if name in served}


def source_of(topology: Topology, name: str) -> str | None:
    """The backend that describes the containers behind one: itself, or the one it names; None when
    there are none."""
    backend = topology.backends[name]
    source = name if backend.image is not None else backend.containers_of
    there = topology.backends.get(source) if source is not None else None
    return source if there is not None and there.image is not None else None


def proxied_backends(topology: Topology) -> dict[str, Backend]:
    """Those that HAProxy knows: all that can get traffic, when it has nothing but its statistics
    page."""
    if topology.frontends:
        return served_backends(topology)
    return {
        n: backend
        for n, backend in topology.backends.items()
        if backend.port is not None or source_of(topology, n) is None
    }


def tls_ports(frontends: Iterable[Frontend]) -> list[int]:
    """Ports of the host on which clients find TLS, in the order of the file; a range's first."""
    return [
        bind.ports[0]
        for frontend in frontends
        for bind in frontend.bind
        if bind.ports and (bind.tls is not None or frontend.tls is not None)
    ]
