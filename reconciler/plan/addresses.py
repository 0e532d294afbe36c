"""Which container has which fixed address: the one that the file has for it, else the lowest that
nobody has, and that the file has for nobody.

An address that is chosen here is no part of a container's revision: it is chosen when a container
is made, Docker keeps it, and later plans read it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network

from reconciler.plan.assign import Assignment
from reconciler.plan.desired import Desired, DesiredContainer, Slot
from reconciler.plan.networks import NetworkPlan
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import Problem
from reconciler.plan.spec import Attachment, NetworkSpec
from reconciler.topology.subnet import fixed_addresses


def first_addresses(
    containers: Mapping[Slot, DesiredContainer], networks: Mapping[str, NetworkSpec]
) -> dict[Slot, DesiredContainer]:
    """With the addresses that containers get where nobody is yet."""
    pool = _Pool({net.name: net for net in networks.values()}, _wishes(containers.values()))
    return {slot: pool.settle(want) for slot, want in containers.items()}


def assign_addresses(
    desired: Desired, observed: Observed, networks: NetworkPlan, assignment: Assignment
) -> tuple[Assignment, tuple[Problem, ...]]:
    """The same assignment with addresses: those that containers have, or new ones."""
    taken = _wishes(desired.containers.values())
    for name, network in observed.networks.items():
        if name not in networks.replaced_names:
            taken.setdefault(name, set()).update(network.taken)
    for container in observed.containers:
        for name, link in container.networks.items():
            taken.setdefault(name, set()).update({link.address, link.fixed} - {""})
    pool = _Pool(desired.networks, taken)
    kept = {}
    for slot, one in assignment.kept.items():
        want = pool.settle(one.want, one.have)
        places = {a.network: a for a in want.spec.networks}
        connect = tuple(places[a.network] for a in one.diff.connect)
        kept[slot] = replace(one, want=want, diff=replace(one.diff, connect=connect))
    joining = {
        slot: replace(one, want=pool.settle(one.want)) for slot, one in assignment.joining.items()
    }
    problems = (*pool.problems(), *_taken(observed, networks, assignment))
    return replace(assignment, kept=kept, joining=joining), problems


def _wishes(containers: Iterable[DesiredContainer]) -> dict[str, set[str]]:
    """By network, the addresses that the file has for somebody."""
    found: dict[str, set[str]] = {}
    for want in containers:
        for place in want.spec.networks:
            if place.ipv4:
                found.setdefault(place.network, set()).add(place.ipv4)
    return found


def _taken(observed: Observed, networks: NetworkPlan, assignment: Assignment) -> Iterator[Problem]:
    """Addresses of new containers that somebody has who stays."""
    for joining in assignment.joining.values():
        for place in joining.want.spec.networks:
            if not place.ipv4 or place.network in networks.replaced_names:
                continue
            if who := _holder(place, observed, assignment):
                shown = joining.want.sensitive.get("networks", place.ipv4)
                yield Problem(
                    "address-taken",
                    f"address {shown} on network `{place.network}` is held by {who}",
                    "choose another in the upper half of the subnet, which Docker gives to nobody "
                    "by itself",
                )


def _holder(place: Attachment, observed: Observed, assignment: Assignment) -> str:
    """Who has an address, and is not about to leave."""
    for kept in assignment.kept.values():
        link = kept.have.networks.get(place.network)
        if link is not None and place.ipv4 in {link.address, link.fixed}:
            return f"container {kept.have.name}"
    ours = {
        address
        for container in (*observed.containers, *observed.jobs)
        for address in container.hosts
    }
    network = observed.networks.get(place.network)
    is_taken = network is not None and place.ipv4 in network.taken - ours
    return "a container that is not of this topology" if is_taken else ""


class _Pool:
    def __init__(self, networks: Mapping[str, NetworkSpec], taken: Mapping[str, set[str]]) -> None:
        self._subnets = {name: net.subnet for name, net in networks.items() if net.subnet}
        self._free = {
            name: (a for a in fixed_addresses(subnet) if a not in taken.get(name, ()))
            for name, subnet in self._subnets.items()
        }
        self._short: set[str] = set()

    def settle(
        self, want: DesiredContainer, have: ObservedContainer | None = None
    ) -> DesiredContainer:
        """With an address for each attachment that needs a fixed one."""
        if not any(a.is_fixed for a in want.spec.networks):
            return want
        places = tuple(self._place(a, have) for a in want.spec.networks)
        return replace(want, spec=replace(want.spec, networks=places))

    def _place(self, attachment: Attachment, have: ObservedContainer | None) -> Attachment:
        if not attachment.is_fixed:
            return attachment
        if attachment.ipv4:
            return replace(attachment, address=attachment.ipv4)
        link = have.networks.get(attachment.network) if have else None
        if link and link.fixed and _is_in(link.fixed, self._subnets[attachment.network]):
            return replace(attachment, address=link.fixed)
        address = next(self._free[attachment.network], "")
        if not address:
            self._short.add(attachment.network)
        return replace(attachment, address=address)

    def problems(self) -> Iterator[Problem]:
        for name in sorted(self._short):
            yield Problem(
                "subnet-too-small",
                f"network `{name}` has no address left for a new container",
                "remove what is on it and not needed, or choose a larger `subnet`",
            )


def _is_in(address: str, subnet: str) -> bool:
    return ip_address(address) in ip_network(subnet)
