"""Workers replaced a few at a time: new ones are ready before those that they replace stop."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.desired import Slot
from reconciler.desired.rollout import Batch, Rollout
from reconciler.plan.decide.workers import WorkerRoll
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import BackendPart, bring_up, remove, see_steady, stop
from reconciler.plan.steps.effects import removals
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.rollout.rollback import roll_back_workers
from reconciler.plan.steps.task import Part, Task, Tasks


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
    timeout_s = rollout.ready_timeout_s
    joins = {
        slot: bring_up(situation, slot, prerequisites, (*needs, *stopped), timeout_s)
        for slot in batch.joins
    }
    steady = see_steady(situation, joins)
    joined = (*(task for part in joins.values() for task in part.tasks), *steady)
    ready = steady or tuple(task for part in joins.values() for task in part.ends)
    is_watched = bool(batch.joins) and rollout.rolls_back
    rescues = roll_back_workers(situation, batch, joined) if is_watched else ()
    removed = [remove(container, (*stopped, *ready)) for container in batch.early]
    done = ready or (*needs, *stopped)  # a batch may only make room for the next
    late = _retire(situation, batch.leaves, done)
    first = (task for part in early for task in part.tasks)
    tasks = (*first, *joined, *rescues, *removed, *late.tasks)
    up = {slot: (*part.ends, *steady) for slot, part in joins.items()}
    return Part(tasks, (*done, *late.ends)), up


def _retire(situation: Situation, leavers: Sequence[ObservedContainer], needs: Tasks) -> Part:
    """Workers stop and are removed. Who comes after them waits for the stops."""
    tasks: list[Task] = []
    ends: list[Task] = []
    for container in leavers:
        stopped = stop(situation, container, needs)
        tasks += (*stopped.tasks, remove(container, stopped.ends))
        ends += stopped.ends
    return Part(tuple(tasks), tuple(ends))
