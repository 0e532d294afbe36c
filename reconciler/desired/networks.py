"""A network of the file to its spec."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.spec import AddressPool, NetworkSpec
from reconciler.topology.model.network import Network, Pool


def compile_network(topology: str, name: str, wish: Network) -> NetworkSpec:
    """What an external one is told is left to whoever made it."""
    return NetworkSpec(
        name=wish.docker_name(topology, name),
        driver=wish.driver,
        internal=wish.internal,
        external=wish.external,
        subnet=wish.subnet,
        options=_pairs(wish.driver_opts),
        attachable=wish.attachable,
        has_ipv6=wish.enable_ipv6,
        pools=tuple(map(_pool, wish.ipam.config)),
        ipam_driver=wish.ipam.driver,
        ipam_options=_pairs(wish.ipam.options),
        labels=_pairs(wish.labels),
    )


def _pool(wish: Pool) -> AddressPool:
    return AddressPool(
        wish.subnet, wish.ip_range or "", wish.gateway or "", _pairs(wish.aux_addresses)
    )


def _pairs(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs.items()))
