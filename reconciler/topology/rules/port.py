"""Rules for ports of containers that are published on the host: a container has one alone."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.rules.claim import Claim, held_by_one


def _had_by_one(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        taken = [(port.most, at) for at, port in enumerate(backend.ports) if port.most is not None]
        if taken:
            most, at = min(taken)
            path: Path = ("backends", name, "ports", at)
            port = backend.ports[at].published or ""
            instead = (
                "let Docker choose the host's port, or a frontend take the traffic for all"
                if most == 1
                else "give as many ports as there are replicas, or more"
            )
            claim = Claim(
                "published-port",
                f"port {port} of the host",
                path,
                port,
                (*path, "published"),
                instead,
                most,
            )
            yield from held_by_one(name, backend, claim)


def _on_internal_networks(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        joined = [topology.networks.get(net) for net in backend.networks]
        if backend.ports and all(net is not None and net.internal for net in joined):
            yield Diagnostic(
                "published-port",
                f"Docker publishes no port of `{name}`, which is on internal networks only",
                "let it join another network as well",
                Place(("backends", name, "ports"), on_key=True),
            )


PORT_RULES = (_had_by_one, _on_internal_networks)
