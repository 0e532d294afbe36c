"""Rules for the addresses that a file has for containers: Docker takes no others, and one container
has one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.model.network import Network, Pool
from reconciler.topology.model.types.subnet import fixed_addresses
from reconciler.topology.rules.claim import Claim, held_by_one

_CODE = "fixed-address"


class _Fixed(Struct, frozen=True):
    """An address that a backend says for its container."""

    backend: str
    network: str
    key: str
    value: str
    path: Path


def _fixed(topology: Topology) -> Iterator[_Fixed]:
    for name, backend in topology.backends.items():
        for at, join in enumerate(backend.joins):
            for key, value in join.fixed.items():
                yield _Fixed(
                    name, join.network, key, value, ("backends", name, "networks", at, key)
                )
        if (mac := backend.mac_address) is not None:
            path: Path = ("backends", name, "mac_address")
            yield _Fixed(name, backend.networks[0], "mac_address", mac, path)


def _not_of_its_network(topology: Topology) -> Iterator[Diagnostic]:
    """Addresses that are not of their network. Docker tells those of external networks."""
    for own in _fixed(topology):
        network = topology.networks.get(own.network, Network())
        if network.external or own.key == "mac_address":
            continue
        pools = _pools(network, own.value)
        pool = next((pool for pool in pools if _is_of(pool, own.value)), None)
        if not pools:
            wrong, hint = _without_pool(own)
        elif pool is None:
            there = " and ".join(f"`{pool.subnet}`" for pool in pools)
            which = "the subnet" if len(pools) == 1 else "the subnets"
            wrong = f"{own.value} is not in {there}, {which} of `{own.network}`"
            hint = _hint(network, pools[0])
        elif holder := _holder(pool, own.value):
            wrong = f"{own.value} is {holder} on `{own.network}`"
            hint = _hint(network, pool)
        else:
            continue
        yield Diagnostic(_CODE, wrong, hint, Place(own.path), quoted=tuple(_quoted(own, network)))


def _pools(network: Network, address: str) -> list[Pool]:
    """Those of the network that are of the address's kind."""
    version = ip_address(address).version
    return [pool for pool in network.pools if ip_network(pool.subnet).version == version]


def _is_of(pool: Pool, address: str) -> bool:
    return ip_address(address) in ip_network(pool.subnet)


def _without_pool(own: _Fixed) -> tuple[str, str]:
    if own.key == "ipv6_address":
        hint = "leave it out, or give the network `enable_ipv6: true` and a subnet in its `ipam`"
        return f"network `{own.network}` has no addresses of IPv6", hint
    wrong = f"network `{own.network}` says no `subnet`, and Docker gives nobody a fixed address"
    return f"{wrong} there", f"give `{own.network}` one that has it, like `172.30.7.0/24`"


def _holder(pool: Pool, address: str) -> str:
    """Whose an address of the pool is; "" for nobody's."""
    there = ip_network(pool.subnet)
    holders = {str(ip_address(text)): f"`{name}`'s" for name, text in pool.aux_addresses.items()}
    holders[pool.gateway or str(there[1])] = "the host's"
    holders[str(there.network_address)] = "the network's own address"
    if there.version == 4:
        holders[str(there.broadcast_address)] = "the network's address for broadcasts"
    return holders.get(address, "")


def _hint(network: Network, pool: Pool) -> str:
    if pool.subnet == network.subnet:
        free = fixed_addresses(network.subnet)
        return f"write one from {free.first} to {free.last}"
    return f"write one of `{pool.subnet}`" + (", outside of `ip_range`" if pool.ip_range else "")


def _quoted(own: _Fixed, network: Network) -> Iterator[tuple[str, Path]]:
    yield own.value, own.path
    if network.subnet is not None:
        yield network.subnet, ("networks", own.network, "subnet")
    for at, pool in enumerate(network.ipam.config):
        yield pool.subnet, ("networks", own.network, "ipam", "config", at, "subnet")


def _had_by_one(topology: Topology) -> Iterator[Diagnostic]:
    first = {own.backend: own for own in reversed(list(_fixed(topology)))}
    for name, own in first.items():
        instead = f"let Docker choose, and leave `{own.key}` out"
        claim = Claim(_CODE, f"address {own.value}", own.path, own.value, own.path, instead)
        yield from held_by_one(name, topology.backends[name], claim)


def _said_twice(topology: Topology) -> Iterator[Diagnostic]:
    holders: dict[tuple[str, str], _Fixed] = {}
    wishes: dict[tuple[str, str, str], _Fixed] = {}
    for own in _fixed(topology):
        holder = holders.setdefault((own.network, own.value), own)
        wish = wishes.setdefault((own.backend, own.network, own.key), own)
        if holder.backend != own.backend:
            yield Diagnostic(
                _CODE,
                f"address {own.value} on `{own.network}` is that of `{holder.backend}` already",
                "choose another",
                Place(own.path),
                related=(Related(f"`{holder.backend}` has it", Place(holder.path)),),
                quoted=((own.value, own.path),),
            )
        if wish.value != own.value:
            yield Diagnostic(
                _CODE,
                f"`{own.backend}` has another `{own.key}` on `{own.network}` already",
                "leave one of them",
                Place(own.path),
                related=(Related("the first one", Place(wish.path)),),
            )


def _given_out(topology: Topology) -> Iterator[Diagnostic]:
    """Docker does not keep an address for a container that does not run, so another may get it."""
    for own in _fixed(topology):
        network = topology.networks.get(own.network, Network())
        if network.external or own.key == "mac_address":
            continue
        for pool in _pools(network, own.value):
            if _is_of(pool, own.value) and not _holder(pool, own.value) and pool.gives(own.value):
                yield Diagnostic(
                    _CODE,
                    f"Docker may give {own.value} to another container on `{own.network}` first",
                    _kept_free(network, pool),
                    Place(own.path),
                    severity=Severity.WARNING,
                    quoted=((own.value, own.path),),
                )


def _kept_free(network: Network, pool: Pool) -> str:
    if pool.subnet == network.subnet:
        first = fixed_addresses(network.subnet).first
        return f"one from {first} on it gives to nobody by itself"
    if pool.ip_range is None:
        return "say in `ip_range` which ones it may give to those that say none"
    return "one outside of `ip_range` it gives to nobody by itself"


ADDRESS_RULES = (_not_of_its_network, _had_by_one, _said_twice, _given_out)
