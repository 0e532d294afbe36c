"""Rules for HAProxy on the host's network, and for the subnets it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import combinations

from reconciler.diagnostics.diagnostic import Path
from reconciler.topology.model import Topology
from reconciler.topology.model.types.subnet import fixed_addresses
from reconciler.topology.networks import address_network, needs_fixed_addresses
from reconciler.topology.rules.finding import Finding
from reconciler.topology.traffic import proxied_backends, source_of


def _of_bridges_only(topology: Topology) -> Iterator[Finding]:
    settings = topology.haproxy
    if settings.network != "host":
        return
    if settings.networks is not None:
        yield Finding(
            "host-network",
            "HAProxy on the host's network joins no other",
            ("haproxy", "networks"),
            "leave `networks` out: the host reaches every bridge",
        )


def _no_subnet(topology: Topology) -> Iterator[Finding]:
    if topology.haproxy.network != "host":
        return
    sources = (source_of(topology, name) for name in proxied_backends(topology))
    for name in dict.fromkeys(filter(None, sources)):
        if address_network(topology, name) is None:
            path: Path = ("backends", name)
            yield Finding(
                "no-subnet",
                f"on the host's network HAProxy knows no container names, and `{name}` has no "
                "network with fixed addresses",
                path,
                "put it on a network that says its `subnet`, like `172.30.7.0/24`",
                on_key=True,
            )


def _subnet_overlap(topology: Topology) -> Iterator[Finding]:
    subnets = [(name, net.subnet) for name, net in topology.networks.items() if net.subnet]
    for (one, first), (two, second) in combinations(subnets, 2):
        if ip_network(first).overlaps(ip_network(second)):
            path: Path = ("networks", two, "subnet")
            yield Finding(
                "subnet-overlap",
                f"networks `{one}` and `{two}` overlap",
                path,
                "give each a subnet of its own",
            )


def _subnet_too_small(topology: Topology) -> Iterator[Finding]:
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
            yield Finding(
                "subnet-too-small",
                f"the containers on `{network}` need {count} addresses, and it has {there}",
                path,
                "choose a larger one: half of it is for these, and new ones come up beside old",
            )


HOST_RULES = (_of_bridges_only, _no_subnet, _subnet_overlap, _subnet_too_small)
