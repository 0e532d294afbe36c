"""Rules for HAProxy on the host's network, and for the subnets it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import combinations

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.model.types.subnet import fixed_addresses
from reconciler.topology.networks import address_network, needs_fixed_addresses
from reconciler.topology.traffic import proxied_backends, source_of


def _of_bridges_only(topology: Topology) -> Iterator[Diagnostic]:
    settings = topology.haproxy
    if settings.network != "host":
        return
    if settings.networks is not None:
        yield Diagnostic(
            "host-network",
            "HAProxy on the host's network joins no other",
            "leave `networks` out: the host reaches every bridge",
            Place(("haproxy", "networks")),
        )


def _no_subnet(topology: Topology) -> Iterator[Diagnostic]:
    if topology.haproxy.network != "host":
        return
    sources = (source_of(topology, name) for name in proxied_backends(topology))
    for name in dict.fromkeys(filter(None, sources)):
        if address_network(topology, name) is None:
            path: Path = ("backends", name)
            yield Diagnostic(
                "no-subnet",
                f"on the host's network HAProxy knows no container names, and `{name}` has no "
                "network with fixed addresses",
                "put it on a network that says its `subnet`, like `172.30.7.0/24`",
                Place(path, on_key=True),
            )


def _subnet_overlap(topology: Topology) -> Iterator[Diagnostic]:
    for (one, first, path), (two, second, own) in combinations(_subnets(topology), 2):
        if ip_network(first).overlaps(ip_network(second)):
            yield Diagnostic(
                "subnet-overlap",
                f"networks `{one}` and `{two}` overlap",
                "give each a subnet of its own",
                Place(own),
                related=(Related(f"that of `{one}`", Place(path)),),
            )


def _subnets(topology: Topology) -> Iterator[tuple[str, str, Path]]:
    """All that the file says, each with its network's name and its place."""
    for name, net in topology.networks.items():
        if net.subnet is not None:
            yield name, net.subnet, ("networks", name, "subnet")
        for at, pool in enumerate(net.ipam.config):
            yield name, pool.subnet, ("networks", name, "ipam", "config", at, "subnet")


def _subnet_too_small(topology: Topology) -> Iterator[Diagnostic]:
    if topology.haproxy.network != "host":
        return
    needed: Counter[str] = Counter()
    for name, backend in topology.backends.items():
        network = address_network(topology, name)
        if network is not None and needs_fixed_addresses(topology, name):
            own = {join.ipv4_address for join in backend.joins if join.network == network} - {None}
            needed[network] += 0 if own else 2 * backend.containers
    for network, count in needed.items():
        addresses = fixed_addresses(topology.networks[network].subnet or "")
        there = len(addresses) - sum(
            join.ipv4_address in addresses
            for backend in topology.backends.values()
            for join in backend.joins
            if join.network == network
        )
        if count > there:
            path: Path = ("networks", network, "subnet")
            yield Diagnostic(
                "subnet-too-small",
                f"the containers on `{network}` need {count} addresses, and it has {there}",
                "choose a larger one: half of it is for these, and new ones come up beside old",
                Place(path),
            )


HOST_RULES = (_of_bridges_only, _no_subnet, _subnet_overlap, _subnet_too_small)
