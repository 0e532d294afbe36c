"""Workers replaced a few at a time: new ones are ready before those that they replace stop."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.desired import Slot
from reconciler.desired.rollout import Batch, Rollout
from reconciler.plan.actions import AwaitReady, RemoveContainer, StartContainer, Target
from reconciler.plan.decide.workers import WorkerRoll
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.containers import bring_up
from reconciler.plan.steps.draft import Draft, target_of
from reconciler.plan.steps.removals import remove, stop

UNCHECKED_S = 1.0
"""Nobody checks a worker without a health check: it must run for so long, since what crashes as it
starts runs for a moment too."""


def roll_workers(draft: Draft, roll: WorkerRoll) -> None:
    rollout = draft.desired.rollouts[roll.backend]
    done = draft.before(roll.backend)
    done = [*done, *_retire(draft, roll.unused, done)]
    for batch in roll.batches:
        done = _play(draft, rollout, batch, done)
    draft.rolled_out += done


def _play(
    draft: Draft, rollout: Rollout, batch: Batch[Slot, ObservedContainer], needs: Sequence[int]
) -> list[int]:
    """One batch; the last steps of it."""
    stopped = [step for c in batch.early for step in stop(draft, c, list(needs))]
    first = len(draft.steps) + 1
    ready: list[int] = []
    for slot in batch.joins:
        draft.serving[slot] = _join(draft, slot, [*needs, *stopped], rollout)
        ready += draft.serving[slot]
    last = len(draft.steps)
    if batch.joins and rollout.rolls_back:
        _rescue(draft, batch, range(first, last + 1))
    for container in batch.early:
        draft.retired.add(container.id)
        draft.rolled_out += remove(draft, container, [*stopped, *ready])
    done = ready or [*needs, *stopped]  # a batch may only make room for the next
    return [*done, *_retire(draft, batch.leaves, done)]


def _join(draft: Draft, slot: Slot, needs: Sequence[int], rollout: Rollout) -> list[int]:
    ready = bring_up(draft, slot, needs, rollout.ready_timeout_s)
    is_checked = draft.desired.containers[slot].spec.healthcheck is not None
    steady_s = max(rollout.min_ready_s, 0.0 if is_checked else UNCHECKED_S)
    if not steady_s:
        return ready
    target = Target(draft.assignment.names[slot])
    steady = AwaitReady(target, rollout.ready_timeout_s, steady_s)
    return [draft.add(steady, ready, "the old one goes on until this one is seen to run")]


def _retire(draft: Draft, leavers: Sequence[ObservedContainer], needs: Sequence[int]) -> list[int]:
    """They stop and are removed; the steps that stop them."""
    ended: list[int] = []
    for container in leavers:
        draft.retired.add(container.id)
        stopped = stop(draft, container, list(needs))
        draft.rolled_out += remove(draft, container, stopped)
        ended += stopped
    return ended


def _rescue(draft: Draft, batch: Batch[Slot, ObservedContainer], watched: range) -> None:
    """When one of the watched steps fails, what is new goes, and what was stopped for it starts."""
    because = "its batch failed; the old containers go on"
    made = [slot for slot in batch.joins if slot in draft.assignment.joining]
    names = [draft.assignment.names[slot] for slot in made]
    gone = [draft.rescue(RemoveContainer(Target(n)), (), because, watched) for n in names]
    for container in batch.early:
        draft.rescue(StartContainer(target_of(container)), gone, because, watched)
