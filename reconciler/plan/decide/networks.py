"""Which networks are made, made anew, and removed."""

from __future__ import annotations

from msgspec import Struct

from reconciler.desired.desired import Desired, DesiredContainer
from reconciler.desired.impact import Impact
from reconciler.desired.spec import NetworkSpec, revision_of
from reconciler.plan.decide.slots import Kept
from reconciler.plan.observed import Observed, ObservedContainer, ObservedNetwork


class NetworkPlan(Struct, frozen=True):
    create: tuple[NetworkSpec, ...]
    replace: tuple[NetworkSpec, ...]
    """Docker changes no network in place: all leave it, and join the new one."""
    remove: tuple[ObservedNetwork, ...]

    @property
    def replaced_names(self) -> frozenset[str]:
        return frozenset(spec.name for spec in self.replace)


def moves_ports(have: ObservedContainer, want: DesiredContainer) -> bool:
    """Whether Docker takes the published ports of a container to another network.

    It publishes them through the network whose name sorts first (20.10 to 28), and closes them
    for a moment when a change of networks puts another one first.
    """
    there = set(have.networks)
    wanted = {attachment.network for attachment in want.spec.networks}
    first = {min(networks) for networks in (there, there | wanted, wanted) if networks}
    return bool(want.spec.ports) and len(first) > 1


def link_impact(kept: Kept) -> Impact:
    """What joining and leaving networks means for a container's traffic."""
    if not kept.diff.connect and not kept.diff.disconnect:
        return Impact.NONE
    if kept.have.state == "running" and moves_ports(kept.have, kept.want):
        return Impact.INTERRUPT
    return Impact.RUNTIME


def plan_networks(desired: Desired, observed: Observed) -> NetworkPlan:
    create: list[NetworkSpec] = []
    replaced: list[NetworkSpec] = []
    for name, spec in desired.networks.items():
        there = observed.networks.get(name)
        if spec.external:
            continue
        if there is None:
            create.append(spec)
        elif there.revision is not None and there.revision != revision_of(spec):
            replaced.append(spec)
    remove = tuple(
        net
        for net in observed.networks.values()
        if net.revision is not None
        and (net.name not in desired.networks or desired.networks[net.name].external)
    )
    return NetworkPlan(tuple(create), tuple(replaced), remove)
