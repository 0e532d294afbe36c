"""A plan in the making: what its steps are decided from, and the steps so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.desired.desired import Desired, DesiredContainer, Slot
from reconciler.desired.impact import Impact
from reconciler.haproxy.config import Config
from reconciler.plan.actions import Action, DisconnectNetwork, ReloadProxy, StopContainer, Target
from reconciler.plan.decide.jobs import JobPlan
from reconciler.plan.decide.networks import NetworkPlan
from reconciler.plan.decide.proxy import ProxyNeed
from reconciler.plan.decide.rotation import Rotation
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.decide.workers import WorkerRoll
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import Step

DRAIN_MARGIN_S = 5.0
"""Over `hard_stop_after`, at which HAProxy ends an old worker itself."""


@dataclass(slots=True)
class Draft:
    """Steps are added in an order in which each one's needs are there already."""

    desired: Desired
    observed: Observed
    assignment: Assignment
    networks: NetworkPlan
    need: ProxyNeed
    rotations: Mapping[str, Rotation]
    workers: Mapping[str, WorkerRoll]
    jobs: JobPlan
    running: Config | None
    """What is written and runs, servers aside; what each step so far has made of it."""
    steps: list[Step] = field(default_factory=list)
    gate: tuple[int, ...] = ()
    """Pulls and the check: nothing is touched before them."""
    network_ready: dict[str, int] = field(default_factory=dict)
    volume_ready: list[int] = field(default_factory=list)
    serving: dict[Slot, list[int]] = field(default_factory=dict)
    """The last steps of bringing a slot's container to where it can serve."""
    started: dict[Slot, list[int]] = field(default_factory=dict)
    """The steps that start a slot's container, where one does."""
    prepared: dict[str, list[int]] = field(default_factory=dict)
    """By backend, the last step of its jobs."""
    freed: dict[str, list[int]] = field(default_factory=dict)
    """By backend, the steps that end those who have what its new containers need alone."""
    placed: list[int] = field(default_factory=list)
    """HAProxy is on its networks."""
    stopped: set[str] = field(default_factory=set)
    """Ids of containers that leave, and are stopped by another step than their own."""
    retired: set[str] = field(default_factory=set)
    """Ids of containers whose removal is part of a roll-out."""
    rolled_out: list[int] = field(default_factory=list)
    """The last steps of all roll-outs."""
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

    def rescue(
        self, action: Action, needs: Iterable[int], because: str, watched: Iterable[int]
    ) -> int:
        """A step for the case that one of the watched ones fails."""
        number = len(self.steps) + 1
        self.steps.append(
            Step(number, action, tuple(sorted(needs)), because, Impact.NONE, tuple(watched))
        )
        return number

    def has_old_workers(self, proxy: Target) -> bool:
        """From a reload of this plan, or of one that was cut off."""
        seen = self.observed.proxies.get(proxy.id or "")
        reloads = any(isinstance(step.action, ReloadProxy) for step in self.steps)
        return reloads or (seen is not None and seen.old_workers > 0)

    def is_rolled(self, slot: Slot) -> bool:
        """Whether a roll-out brings a slot's container up."""
        if slot.backend in self.workers:
            return slot in self.workers[slot.backend].joins
        rotation = self.rotations.get(slot.backend)
        return rotation is not None and any(member.slot == slot for member in rotation.joins)

    def before(self, backend: str) -> list[int]:
        """What must be done before a container of a backend starts, or stops for one that does."""
        ready = self.prepared.get(backend, []) or [
            step
            for wanted in self.desired.depends_on.get(backend, ())
            for slot, ready in self.serving.items()
            if slot.backend == wanted.backend
            for step in (ready if wanted.condition == "healthy" else self.started.get(slot, ()))
        ]
        return [*ready, *self.freed.get(backend, ())]

    def ends_of(self, container: ObservedContainer) -> list[int]:
        """The steps so far that stop a container."""
        target = target_of(container)
        return [
            step.id
            for step in self.steps
            if isinstance(step.action, StopContainer) and step.action.target == target
        ]

    @property
    def written(self) -> str | None:
        """haproxy.cfg as the steps so far have left it."""
        return self.running.text if self.running else self.need.written

    def networks_of(self, want: DesiredContainer) -> list[int]:
        """The steps that make the networks of a container."""
        return [
            self.network_ready[a.network]
            for a in want.spec.networks
            if a.network in self.network_ready
        ]

    def leavers(self) -> list[ObservedContainer]:
        """Those that leave, but for the ones that a roll-out has seen to."""
        leaving = (c for c in self.assignment.leaving if c.id not in self.retired)
        return sorted(leaving, key=lambda c: (c.slot, c.name))


def target_of(container: ObservedContainer) -> Target:
    return Target(container.name, container.id)
