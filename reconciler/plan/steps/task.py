"""Tasks: the steps of a plan while it is made. A task has no number; it knows those it waits for.

So each part of a plan can be made by itself, from the tasks that it comes after, and parts are put
together by writing them one after the other. Who gets which number is decided once, at the end.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from reconciler.desired.impact import Impact
from reconciler.diagnostics.discreet import Discreet
from reconciler.plan.actions import Action, Target
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.plan import Step


class Task(Discreet, Struct, frozen=True, eq=False):
    """An action, and the tasks that must have succeeded before it. Two are never the same one,
    even if they do the same."""

    unshown = ("needs", "rescues")
    action: Action
    needs: Tasks
    because: str
    impact: Impact = Impact.NONE
    rescues: Tasks = ()
    """The tasks that it watches, if any: it runs only when one of these has failed, as rollbacks
    do."""


Tasks: TypeAlias = tuple[Task, ...]


class Part(Struct, frozen=True):
    """A part of a plan: its tasks in their order, and those that whoever comes after it waits for.
    A part that has nothing to do hands on what it would have waited for itself."""

    tasks: Tasks = ()
    ends: Tasks = ()


def number_tasks(gate: Tasks, tasks: Tasks) -> tuple[Step, ...]:
    """The steps of a plan. All wait for the gate, but for those that only run when one fails: they
    run once all have ended."""
    ids = {task: number for number, task in enumerate((*gate, *tasks), 1)}
    first = {ids[task] for task in gate}

    def step(task: Task) -> Step:
        needs = {ids[needed] for needed in task.needs}
        if ids[task] not in first and not task.rescues:
            needs |= first
        rescues = tuple(ids[watched] for watched in task.rescues)
        return Step(
            ids[task], task.action, tuple(sorted(needs)), task.because, task.impact, rescues
        )

    return tuple(map(step, ids))


def target_of(container: ObservedContainer) -> Target:
    return Target(container.name, container.id)
