"""Fixed addresses of containers: the one that the file has for one, else the lowest that nobody
has, and that the file has for nobody.

An address that is chosen here is no part of a container's revision: it is chosen when a container
is made, Docker keeps it, and later plans read it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from types import MappingProxyType

from msgspec.structs import replace

from reconciler.desired.desired import DesiredContainer, Slot
from reconciler.desired.spec import Attachment, NetworkSpec
from reconciler.topology.model.types.subnet import fixed_addresses

_NONE: Mapping[str, str] = MappingProxyType({})


def first_addresses(
    containers: Mapping[Slot, DesiredContainer], networks: Mapping[str, NetworkSpec]
) -> dict[Slot, DesiredContainer]:
    """The same containers with the addresses that they get where nobody is yet."""
    by_name = {network.name: network for network in networks.values()}
    pool = AddressPool(by_name, written_addresses(containers.values()))
    return {slot: pool.settle(want) for slot, want in containers.items()}


def written_addresses(containers: Iterable[DesiredContainer]) -> dict[str, set[str]]:
    """The addresses that the file has for somebody, by network."""
    found: dict[str, set[str]] = {}
    for want in containers:
        for place in want.spec.networks:
            if place.ipv4:
                found.setdefault(place.network, set()).add(place.ipv4)
    return found


class AddressPool:
    """The addresses of some networks that nobody has yet. `short` names those that ran out."""

    def __init__(self, networks: Mapping[str, NetworkSpec], taken: Mapping[str, set[str]]) -> None:
        self._subnets = {name: net.subnet for name, net in networks.items() if net.subnet}
        self._free = {
            name: (a for a in fixed_addresses(subnet) if a not in taken.get(name, ()))
            for name, subnet in self._subnets.items()
        }
        self.short: set[str] = set()

    def settle(self, want: DesiredContainer, kept: Mapping[str, str] = _NONE) -> DesiredContainer:
        """The container with an address for each attachment that needs a fixed one. `kept` are
        those that it has by now, by network."""
        if not any(a.is_fixed for a in want.spec.networks):
            return want
        places = tuple(self._place(a, kept.get(a.network, "")) for a in want.spec.networks)
        return replace(want, spec=replace(want.spec, networks=places))

    def _place(self, attachment: Attachment, kept: str) -> Attachment:
        if not attachment.is_fixed:
            return attachment
        if attachment.ipv4:
            return replace(attachment, address=attachment.ipv4)
        if kept and ip_address(kept) in ip_network(self._subnets[attachment.network]):
            return replace(attachment, address=kept)
        address = next(self._free[attachment.network], "")
        if not address:
            self.short.add(attachment.network)
        return replace(attachment, address=address)
