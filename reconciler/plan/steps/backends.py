"""All backends, those that others depend on first: the jobs of each, then its containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.desired import Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.order import in_order
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import BackendPart, bring_up, see_steady, stop
from reconciler.plan.steps.effects import leavers, starts_of, stops_of, target_in
from reconciler.plan.steps.holders import stop_holders, with_holders
from reconciler.plan.steps.jobs import run_jobs
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.rollout.servers import roll_servers
from reconciler.plan.steps.rollout.workers import roll_workers
from reconciler.plan.steps.task import Part, Task, Tasks


def change_backends(
    situation: Situation, prerequisites: Prerequisites, informed: Tasks, so_far: Tasks
) -> BackendPart:
    """All that becomes of backends. Roll-outs of servers wait for `informed`, after which HAProxy
    is on its networks and has servers to spare."""
    desired, observed = situation.desired, situation.observed
    needs = {name: [d.backend for d in on] for name, on in desired.depends_on.items()}
    holders = {} if observed.gaps else situation.holders
    tasks: list[Task] = []
    ready: dict[Slot, Tasks] = {}
    rolled_out: list[Task] = []
    for name in in_order(desired.rollouts, with_holders(needs, holders)):
        there = (*so_far, *tasks)
        waits_for = _dependencies(situation, name, ready, there)
        part = _change_backend(
            situation, name, prerequisites, waits_for, informed, holders.get(name, ()), there
        )
        tasks += part.tasks
        ready |= part.ready
        rolled_out += part.rolled_out
    return BackendPart(tuple(tasks), ready, tuple(rolled_out))


def _change_backend(
    situation: Situation,
    name: str,
    prerequisites: Prerequisites,
    needs: Tasks,
    informed: Tasks,
    holders: Sequence[ObservedContainer],
    so_far: Tasks,
) -> BackendPart:
    """One backend, from its jobs to the last batch of its roll-out."""
    jobs = run_jobs(situation, name, prerequisites, needs)
    freed = stop_holders(situation, name, holders, jobs.ends, (*so_far, *jobs.tasks))
    first, needs = (*jobs.tasks, *freed.tasks), (*jobs.ends, *freed.ends)
    at_once = _bring_up_at_once(situation, name, prerequisites, needs, (*so_far, *first))
    if name in situation.workers:
        rolled = roll_workers(situation, situation.workers[name], prerequisites, needs)
    elif name in situation.rotations:
        so_far = (*so_far, *first, *at_once.tasks)
        rolled = roll_servers(
            situation, situation.rotations[name], prerequisites, (*informed, *needs), so_far
        )
    else:
        rolled = BackendPart()
    return BackendPart(
        (*first, *at_once.tasks, *rolled.tasks),
        {**at_once.ready, **rolled.ready},
        rolled.rolled_out,
    )


def _dependencies(
    situation: Situation, backend: str, ready: Mapping[Slot, Tasks], so_far: Tasks
) -> Tasks:
    """The tasks that bring up what a backend depends on."""
    return tuple(
        task
        for wanted in situation.desired.depends_on.get(backend, ())
        for slot, last in ready.items()
        if slot.backend == wanted.backend
        for task in (
            last if wanted.condition == "healthy" else starts_of(target_in(situation, slot), so_far)
        )
    )


def _bring_up_at_once(
    situation: Situation, backend: str, prerequisites: Prerequisites, needs: Tasks, so_far: Tasks
) -> BackendPart:
    """The containers of a backend that no roll-out brings up."""
    tasks: list[Task] = []
    brought_up: dict[Slot, Part] = {}
    for slot in situation.desired.containers:
        is_its_own = slot.role == SERVER_ROLE and slot.backend == backend
        if not is_its_own or slot in situation.rolled:
            continue
        freed = _make_room(situation, slot, needs, so_far, tasks)
        up = bring_up(situation, slot, prerequisites, (*needs, *freed.ends))
        tasks += (*freed.tasks, *up.tasks)
        brought_up[slot] = up
    steady = see_steady(situation, brought_up)
    ready = {slot: (*up.ends, *steady) if up.ends else () for slot, up in brought_up.items()}
    return BackendPart((*tasks, *steady), ready)


def _make_room(
    situation: Situation, slot: Slot, needs: Tasks, earlier: Tasks, own: Sequence[Task]
) -> Part:
    """The end of whom a new container replaces, and cannot start beside: each needs the same port
    of the host, or the same address. `own` are the tasks of its backend so far."""
    joining = situation.assignment.joining.get(slot)
    if joining is None or not joining.want.spec.is_alone or situation.observed.gaps:
        return Part()
    so_far = (*earlier, *own)  # only here: a copy for each of many replicas takes its time
    stopped = [
        stop(situation, container, needs)
        for container in leavers(situation, so_far)
        if container.slot == slot and not stops_of(container, so_far)
    ]
    return Part(
        tuple(task for part in stopped for task in part.tasks),
        tuple(task for part in stopped for task in part.ends),
    )
