"""Which container has which fixed address, and which of them somebody else has already."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.desired.addresses import AddressPool, written_addresses
from reconciler.desired.desired import Desired
from reconciler.desired.spec import Attachment
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.decide.networks import NetworkPlan
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.observed import Observed


def assign_addresses(
    desired: Desired, observed: Observed, networks: NetworkPlan, assignment: Assignment
) -> tuple[Assignment, tuple[Diagnostic, ...]]:
    """The same assignment with addresses: those that containers have, or new ones."""
    taken = written_addresses(desired.containers.values())
    for name, network in observed.networks.items():
        if name not in networks.replaced_names:
            taken.setdefault(name, set()).update(network.taken)
    for container in observed.containers:
        for name, link in container.networks.items():
            taken.setdefault(name, set()).update({link.address, link.fixed} - {""})
    pool = AddressPool(desired.networks, taken)
    kept = {}
    for slot, one in assignment.kept.items():
        fixed = {name: link.fixed for name, link in one.have.networks.items()}
        want = pool.settle(one.want, fixed)
        places = {a.network: a for a in want.spec.networks}
        connect = tuple(places[a.network] for a in one.diff.connect)
        kept[slot] = replace(one, want=want, diff=replace(one.diff, connect=connect))
    joining = {
        slot: replace(one, want=pool.settle(one.want)) for slot, one in assignment.joining.items()
    }
    problems = (*_too_small(pool), *_taken(observed, networks, assignment))
    return replace(assignment, kept=kept, joining=joining), problems


def _taken(
    observed: Observed, networks: NetworkPlan, assignment: Assignment
) -> Iterator[Diagnostic]:
    """Addresses of new containers that somebody has who stays."""
    for joining in assignment.joining.values():
        for place in joining.want.spec.networks:
            if not place.ipv4 or place.network in networks.replaced_names:
                continue
            if who := _holder(place, observed, assignment):
                shown = joining.want.sensitive.get("networks", place.ipv4)
                yield Diagnostic(
                    "address-taken",
                    f"address {shown} on network `{place.network}` is held by {who}",
                    "choose another in the upper half of the subnet, which Docker gives to nobody "
                    "by itself",
                )


def _holder(place: Attachment, observed: Observed, assignment: Assignment) -> str:
    """The one who has an address and is not about to leave, in words; "" for nobody."""
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


def _too_small(pool: AddressPool) -> Iterator[Diagnostic]:
    for name in sorted(pool.short):
        yield Diagnostic(
            "subnet-too-small",
            f"network `{name}` has no address left for a new container",
            "remove what is on it and not needed, or choose a larger `subnet`",
        )
