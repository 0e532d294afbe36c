"""A plan in the making: what its steps are decided from, and the steps so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.plan.actions import Action, DisconnectNetwork, Target
from reconciler.plan.assign import Assignment
from reconciler.plan.desired import Desired, DesiredContainer, Slot
from reconciler.plan.impact import Impact
from reconciler.plan.networks import NetworkPlan
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import Step
from reconciler.plan.proxy import ProxyNeed


@dataclass(slots=True)
class Draft:
    """Steps are added in an order in which each one's needs are there already."""

    desired: Desired
    observed: Observed
    assignment: Assignment
    networks: NetworkPlan
    need: ProxyNeed
    steps: list[Step] = field(default_factory=list)
    gate: tuple[int, ...] = ()
    """Pulls and the check: nothing is touched before them."""
    network_ready: dict[str, int] = field(default_factory=dict)
    volume_ready: list[int] = field(default_factory=list)
    serving: dict[Slot, list[int]] = field(default_factory=dict)
    """The last steps of bringing a slot's container to where it can serve."""
    departures: list[tuple[DisconnectNetwork, Impact]] = field(default_factory=list)
    """Networks that containers leave for good: last, when nobody uses the way any more."""
    settled: list[int] = field(default_factory=list)
    """After these, no worker of HAProxy uses containers that leave."""

    def add(
        self, action: Action, needs: Iterable[int], because: str, impact: Impact = Impact.NONE
    ) -> int:
        number = len(self.steps) + 1
        unique = tuple(sorted({*self.gate, *needs}))
        self.steps.append(Step(number, action, unique, because, impact))
        return number

    def networks_of(self, want: DesiredContainer) -> list[int]:
        """The steps that make the networks of a container."""
        return [
            self.network_ready[a.network]
            for a in want.spec.networks
            if a.network in self.network_ready
        ]

    def leavers(self) -> list[ObservedContainer]:
        return sorted(self.assignment.leaving, key=lambda c: (c.slot, c.name))


def target_of(container: ObservedContainer) -> Target:
    return Target(container.name, container.id)
