"""Roll-outs of workers: containers that HAProxy knows nothing of, replaced a few at a time.

Only backends of which nobody in HAProxy has a server, now or when the plan is done: the others
leave when HAProxy has let go of them.
"""

from __future__ import annotations

from msgspec import Struct

from reconciler.desired.desired import Desired, Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.rollout import Batch, in_pairs, plan_batches
from reconciler.haproxy.control.servers import read_servers
from reconciler.plan.decide.slots import HOLDS_PORTS, Assignment
from reconciler.plan.observed import Observed, ObservedContainer


class WorkerRoll(Struct, frozen=True):
    """What has to become of the containers of one backend."""

    backend: str
    batches: tuple[Batch[Slot, ObservedContainer], ...]
    unused: tuple[ObservedContainer, ...] = ()
    """Those that leave and do no work: they are no capacity, and leave before anybody else."""

    @property
    def joins(self) -> frozenset[Slot]:
        return frozenset(slot for batch in self.batches for slot in batch.joins)


def plan_workers(
    desired: Desired, observed: Observed, assignment: Assignment
) -> dict[str, WorkerRoll]:
    """The roll-out of each backend whose new containers take over from old ones that run."""
    if observed.gaps:
        return {}
    served = _served(desired, observed)
    rolls = (_roll(name, desired, assignment) for name in desired.rollouts if name not in served)
    return {roll.backend: roll for roll in rolls if roll is not None}


def _served(desired: Desired, observed: Observed) -> set[str]:
    """The backends of which HAProxy has a server: as it is wanted, as it is written, or as it
    runs, which is known also where haproxy.cfg is lost."""
    backends = desired.proxy.backends if desired.proxy else ()
    hosts: set[str] = set()
    for proxy in observed.proxies.values():
        hosts |= {server.host for server in read_servers(proxy.config or "")}
        hosts |= {server.host for server in proxy.servers}
    known = {c.slot.backend for c in observed.containers if hosts.intersection(c.hosts)}
    return {backend.source for backend in backends} | known


def _roll(name: str, desired: Desired, assignment: Assignment) -> WorkerRoll | None:
    there = [c for c in assignment.leaving if c.slot.role == SERVER_ROLE and c.slot.backend == name]
    there.sort(key=lambda c: (c.health in {None, "healthy"}, c.slot, c.name))
    running = [c for c in there if c.state == "running"]
    unused = tuple(c for c in there if c.state in HOLDS_PORTS and c.state != "running")
    slots = [s for s in desired.containers if s.role == SERVER_ROLE and s.backend == name]
    kept = assignment.kept
    joins = [s for s in slots if s not in kept or kept[s].have.state != "running"]
    if not joins or not running:
        return None
    present = len(slots) - len(joins) + len(running)
    if any(desired.containers[slot].spec.is_alone for slot in joins):
        joins, running = in_pairs(joins, running, lambda slot: slot, lambda c: c.slot)
    batches = plan_batches(desired.rollouts[name], joins, running, present)
    return WorkerRoll(name, tuple(batches), unused)
