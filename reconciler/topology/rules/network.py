"""Rules for networks: those named are there, and HAProxy meets on them whom it serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.networks import DEFAULT_NETWORK, proxy_networks
from reconciler.topology.traffic import served_backends, source_of
from reconciler.topology.wording.messages import list_names, suggest


def _unknown_network(topology: Topology) -> Iterator[Diagnostic]:
    known = {DEFAULT_NETWORK, *topology.networks}
    wanted: list[tuple[str, Path]] = [
        (net, ("backends", name, "networks", index))
        for name, backend in topology.backends.items()
        for index, net in enumerate(backend.networks)
    ]
    wanted += [
        (net, ("haproxy", "networks", index))
        for index, net in enumerate(topology.haproxy.networks or ())
    ]
    for net, path in wanted:
        if net not in known:
            defined = list_names(topology.networks)
            yield Diagnostic(
                "unknown-network",
                f"network `{net}` is not defined",
                suggest(net, topology.networks) or f"networks defined here: {defined}",
                Place(path),
                quoted=((net, path),),
            )


def _unreachable_backend(topology: Topology) -> Iterator[Diagnostic]:
    if topology.haproxy.network == "host":
        return
    joined = proxy_networks(topology)
    sources = (source_of(topology, name) for name in served_backends(topology))
    for name in dict.fromkeys(filter(None, sources)):
        networks = topology.backends[name].networks
        if not set(joined) & set(networks):
            path: Path = ("backends", name, "networks")
            yield Diagnostic(
                "unreachable-backend",
                f"HAProxy cannot reach backend `{name}`: they share no network",
                f"HAProxy is on {_listed(joined)}; `{name}` is on {_listed(networks)}",
                Place(path),
                quoted=(
                    *((net, (*path, index)) for index, net in enumerate(networks)),
                    *((net, ("haproxy", "networks", index)) for index, net in enumerate(joined)),
                ),
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


NETWORK_RULES = (_unknown_network, _unreachable_backend)
