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
from reconciler.plan.steps.containers import first_start
from reconciler.plan.steps.draft import Draft, target_of
from reconciler.plan.steps.removals import stop


def job_steps(draft: Draft, backend: str) -> None:
    """What comes after them finds them in `draft.before`."""
    needs = draft.before(backend)
    for due in draft.jobs.due.get(backend, ()):
        needs = _run(draft, due, needs)
        draft.prepared[backend] = needs


def _run(draft: Draft, due: DueJob, needs: list[int]) -> list[int]:
    cleared = list(needs)
    for container in due.in_the_way:
        stopped = stop(draft, container, needs)
        gone = RemoveContainer(target_of(container))
        cleared.append(draft.add(gone, stopped, "the job is run anew"))
    target, begun = _begin(draft, due, cleared)
    why = f"it must succeed before {due.want.container.slot.backend} changes"
    ended = draft.add(AwaitExit(target, due.want.timeout_s), begun, why)
    for container in due.behind:
        draft.add(RemoveContainer(target_of(container)), [ended], "another has done its work")
    return [ended]


def _begin(draft: Draft, due: DueJob, needs: list[int]) -> tuple[Target, list[int]]:
    have, want = due.have, due.want.container
    if have is None:
        target = Target(due.name)
        places = [*draft.networks_of(want), *draft.volume_ready]
        created = draft.add(CreateContainer(want, due.name), [*needs, *places], due.reason)
        return target, [first_start(draft, target, want, [created], due.reason)]
    target = target_of(have)
    match have.state:
        case "created":
            return target, [first_start(draft, target, want, needs, due.reason)]
        case "paused":
            return target, [draft.add(UnpauseContainer(target), needs, due.reason)]
        case _:
            return target, needs
