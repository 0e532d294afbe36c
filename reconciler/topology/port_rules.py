"""Rules for ports of containers that are published on the host: one container has one at a time."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.topology.diagnostic import Path
from reconciler.topology.finding import Finding
from reconciler.topology.model import Backend, Topology


def _had_by_one(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        taken = [at for at, port in enumerate(backend.ports) if port.published]
        if not taken or not backend.containers:
            continue
        path: Path = ("backends", name, "ports", taken[0])
        port = backend.ports[taken[0]].published or ""
        quoted = ((port, (*path, "published")),)
        if backend.containers > 1:
            yield Finding(
                "published-port",
                f"one container can have port {port} of the host, and `{name}` has "
                f"{backend.containers}",
                path,
                "let Docker choose the host's port, or a frontend take the traffic for all",
                quoted=quoted,
            )
        elif not _stops_first(backend):
            yield Finding(
                "published-port",
                f"a new container of `{name}` cannot start beside the old one, which has port "
                f"{port} of the host",
                path,
                "add `rollout: {order: stop-first}`: for a moment none runs when it is replaced",
                quoted=quoted,
            )


def _stops_first(backend: Backend) -> bool:
    wish = backend.rollout
    return wish.order == "stop-first" or wish.max_surge in {0, "0%"}


def _on_internal_networks(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        joined = [topology.networks.get(net) for net in backend.networks]
        if backend.ports and all(net is not None and net.internal for net in joined):
            yield Finding(
                "published-port",
                f"Docker publishes no port of `{name}`, which is on internal networks only",
                ("backends", name, "ports"),
                "let it join another network as well",
                on_key=True,
            )


PORT_RULES = (_had_by_one, _on_internal_networks)
