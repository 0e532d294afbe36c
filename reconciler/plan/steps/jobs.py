"""Jobs of a backend, one after another: each must succeed before the next, and all before it."""

from __future__ import annotations

from reconciler.plan.actions import (
    AwaitExit,
    CreateContainer,
    RemoveContainer,
    Target,
    UnpauseContainer,
)
from reconciler.plan.decide.jobs import DueJob
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import first_start, stop
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.task import Part, Task, Tasks, target_of


def run_jobs(
    situation: Situation, backend: str, prerequisites: Prerequisites, needs: Tasks
) -> Part:
    """The jobs that are due before anything becomes of a backend."""
    tasks: list[Task] = []
    for due in situation.jobs.due.get(backend, ()):
        ran = _run(situation, due, prerequisites, needs)
        tasks += ran.tasks
        needs = ran.ends
    return Part(tuple(tasks), needs)


def _run(situation: Situation, due: DueJob, prerequisites: Prerequisites, needs: Tasks) -> Part:
    cleared = [_clear(situation, container, needs) for container in due.in_the_way]
    before = (*needs, *(task for part in cleared for task in part.ends))
    target, begun = _begin(due, prerequisites, before)
    why = f"it must succeed before {due.want.container.slot.backend} changes"
    ended = Task(AwaitExit(target, due.want.timeout_s), begun.ends, why)
    tidied = (
        Task(RemoveContainer(target_of(container)), (ended,), "another has done its work")
        for container in due.behind
    )
    first = (task for part in cleared for task in part.tasks)
    return Part((*first, *begun.tasks, ended, *tidied), (ended,))


def _clear(situation: Situation, container: ObservedContainer, needs: Tasks) -> Part:
    """A container of an earlier try goes."""
    stopped = stop(situation, container, needs)
    gone = Task(RemoveContainer(target_of(container)), stopped.ends, "the job is run anew")
    return Part((*stopped.tasks, gone), (gone,))


def _begin(due: DueJob, prerequisites: Prerequisites, needs: Tasks) -> tuple[Target, Part]:
    """The job is made and started, or the one that an earlier run began goes on."""
    have, want = due.have, due.want.container
    if have is None:
        target = Target(due.name)
        made = CreateContainer(want, due.name)
        created = Task(made, (*needs, *prerequisites.of(want)), due.reason)
        started = first_start(target, want, (created,), due.reason)
        return target, Part((created, *started), started[-1:])
    target = target_of(have)
    match have.state:
        case "created":
            started = first_start(target, want, needs, due.reason)
            return target, Part(started, started[-1:])
        case "paused":
            woken = (Task(UnpauseContainer(target), needs, due.reason),)
            return target, Part(woken, woken)
        case _:
            return target, Part((), needs)
