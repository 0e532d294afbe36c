"""Rules for the addresses that a file has for containers: Docker takes no others, and one container
has one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.model.topology import Network
from reconciler.topology.model.types.subnet import fixed_addresses, gateway_of
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
    """Addresses outside of their network's subnet. Docker tells those of external networks."""
    for own in _fixed(topology):
        network = topology.networks.get(own.network, Network())
        if network.external:
            continue
        if own.key == "ipv6_address":
            yield Diagnostic(
                _CODE,
                f"network `{own.network}` has no addresses of IPv6",
                "leave it out, or make the network in Docker and declare it `external: true`",
                Place(own.path),
            )
        if own.key == "ipv4_address":
            wrong, hint = _trouble(own.network, own.value, network.subnet)
            if wrong:
                yield Diagnostic(
                    _CODE,
                    wrong,
                    hint,
                    Place(own.path),
                    quoted=(
                        (own.value, own.path),
                        (network.subnet or "", ("networks", own.network, "subnet")),
                    ),
                )


def _trouble(network: str, address: str, subnet: str | None) -> tuple[str, str]:
    """What is wrong with an address, and what to do; empty when Docker takes it."""
    if subnet is None:
        wrong = f"network `{network}` says no `subnet`, and Docker gives nobody a fixed address"
        return f"{wrong} there", f"give `{network}` one that has it, like `172.30.7.0/24`"
    there = ip_network(subnet)
    hint = f"write one from {fixed_addresses(subnet).first} to {fixed_addresses(subnet).last}"
    if ip_address(address) not in there:
        return f"{address} is not in `{subnet}`, the subnet of `{network}`", hint
    own = {
        str(there.network_address): "the network's own address",
        str(there.broadcast_address): "the network's address for broadcasts",
        gateway_of(subnet): "the host's",
    }
    if address in own:
        return f"{address} is {own[address]} on `{network}`", hint
    return "", ""


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
        subnet = topology.networks.get(own.network, Network()).subnet
        if own.key != "ipv4_address" or subnet is None or _trouble("", own.value, subnet)[0]:
            continue
        if own.value not in fixed_addresses(subnet):
            yield Diagnostic(
                _CODE,
                f"Docker may give {own.value} to another container on `{own.network}` first",
                f"one from {fixed_addresses(subnet).first} on it gives to nobody by itself",
                Place(own.path),
                severity=Severity.WARNING,
                quoted=((own.value, own.path),),
            )


ADDRESS_RULES = (_not_of_its_network, _had_by_one, _said_twice, _given_out)
