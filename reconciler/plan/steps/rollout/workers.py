"""Workers replaced a few at a time: new ones are ready before those that they replace stop."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.desired import Slot
from reconciler.desired.rollout import Batch, Rollout
from reconciler.plan.actions import AwaitReady, Target
from reconciler.plan.decide.workers import WorkerRoll
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import BackendPart, bring_up, remove, stop
from reconciler.plan.steps.effects import removals
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.rollout.rollback import roll_back_workers
from reconciler.plan.steps.task import Part, Task, Tasks

UNCHECKED_S = 1.0
"""Nobody checks a worker without a health check: it must run for so long, since what crashes as it
starts runs for a moment too."""


def roll_workers(
    situation: Situation, roll: WorkerRoll, prerequisites: Prerequisites, needs: Tasks
) -> BackendPart:
    """A roll-out: first those leave that do no work, then batch follows batch."""
    rollout = situation.desired.rollouts[roll.backend]
    unused = _retire(situation, roll.unused, needs)
    tasks, needs = [*unused.tasks], (*needs, *unused.ends)
    ready: dict[Slot, Tasks] = {}
    for batch in roll.batches:
        played, up = _play(situation, rollout, batch, prerequisites, needs)
        tasks += played.tasks
        ready |= up
        needs = played.ends
    return BackendPart(tuple(tasks), ready, (*removals(tuple(tasks)), *needs))


def _play(
    situation: Situation,
    rollout: Rollout,
    batch: Batch[Slot, ObservedContainer],
    prerequisites: Prerequisites,
    needs: Tasks,
) -> tuple[Part, dict[Slot, Tasks]]:
    """One batch, and the last tasks of bringing each of its slots up."""
    early = [stop(situation, container, needs) for container in batch.early]
    stopped = tuple(task for part in early for task in part.ends)
    joins = {
        slot: _join(situation, slot, rollout, prerequisites, (*needs, *stopped))
        for slot in batch.joins
    }
    joined = tuple(task for part in joins.values() for task in part.tasks)
    ready = tuple(task for part in joins.values() for task in part.ends)
    is_watched = bool(batch.joins) and rollout.rolls_back
    rescues = roll_back_workers(situation, batch, joined) if is_watched else ()
    removed = [remove(container, (*stopped, *ready)) for container in batch.early]
    done = ready or (*needs, *stopped)  # a batch may only make room for the next
    late = _retire(situation, batch.leaves, done)
    first = (task for part in early for task in part.tasks)
    tasks = (*first, *joined, *rescues, *removed, *late.tasks)
    up = {slot: part.ends for slot, part in joins.items()}
    return Part(tasks, (*done, *late.ends)), up


def _join(
    situation: Situation, slot: Slot, rollout: Rollout, prerequisites: Prerequisites, needs: Tasks
) -> Part:
    """A new worker, up to where it can do without the one that it replaces."""
    up = bring_up(situation, slot, prerequisites, needs, rollout.ready_timeout_s)
    is_checked = situation.desired.containers[slot].spec.healthcheck is not None
    steady_s = max(rollout.min_ready_s, 0.0 if is_checked else UNCHECKED_S)
    if not steady_s:
        return up
    target = Target(situation.assignment.name_of(slot))
    action = AwaitReady(target, rollout.ready_timeout_s, steady_s)
    steady = Task(action, up.ends, "the old one goes on until this one is seen to run")
    return Part((*up.tasks, steady), (steady,))


def _retire(situation: Situation, leavers: Sequence[ObservedContainer], needs: Tasks) -> Part:
    """Workers stop and are removed. Who comes after them waits for the stops."""
    tasks: list[Task] = []
    ends: list[Task] = []
    for container in leavers:
        stopped = stop(situation, container, needs)
        tasks += (*stopped.tasks, remove(container, stopped.ends))
        ends += stopped.ends
    return Part(tuple(tasks), tuple(ends))
