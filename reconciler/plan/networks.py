"""Which networks are made, made anew, and removed."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.plan.desired import Desired
from reconciler.plan.observed import Observed, ObservedNetwork
from reconciler.plan.spec import NetworkSpec, revision_of


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    create: tuple[NetworkSpec, ...]
    replace: tuple[NetworkSpec, ...]
    """Docker changes no network in place: all leave it, and join the new one."""
    remove: tuple[ObservedNetwork, ...]

    @property
    def replaced_names(self) -> frozenset[str]:
        return frozenset(spec.name for spec in self.replace)


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
