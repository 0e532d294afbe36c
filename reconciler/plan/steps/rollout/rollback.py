"""The rollback of a batch whose new containers fail: these are removed, and the old ones go on as
before."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.desired.desired import Slot
from reconciler.desired.rollout import Batch
from reconciler.plan.actions import Action, RemoveContainer, SetServers, StartContainer, Target
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.rollout.roll import Roll, RollBatch
from reconciler.plan.steps.task import Task, Tasks, target_of


def roll_back_workers(
    situation: Situation, batch: Batch[Slot, ObservedContainer], watched: Tasks
) -> Tasks:
    """The tasks that undo a batch of workers when one of the watched ones fails."""
    because = "its batch failed; the old containers go on"
    gone = _remove_new(situation, batch.joins, (), because, watched)
    started = (
        _rescue(StartContainer(target_of(container)), gone, because, watched)
        for container in batch.early
    )
    return (*gone, *started)


def roll_back_servers(roll: Roll, batch: RollBatch, watched: Tasks) -> Tasks:
    """The tasks that undo a batch of servers when one of the watched ones fails."""
    situation, because = roll.situation, "its batch failed; the old servers keep the traffic"
    made = [m for m in batch.joins if m.slot in situation.assignment.joining]
    out: Tasks = ()
    if made:  # HAProxy lets go of them before they end
        settings = roll.rotation.settings_for([m.host for m in made], "gone")
        out = (_rescue(SetServers(roll.target, settings), (), because, watched),)
    gone = _remove_new(situation, (m.slot for m in made), out, because, watched)
    # Where both cannot run at once, the old one starts when the new one is gone.
    started = tuple(
        _rescue(StartContainer(target_of(leaver.container)), gone, because, watched)
        for leaver in batch.early
        if leaver.container is not None
    )
    settings = roll.rotation.settings_for((leaver.host for leaver in batch.early), "ready")
    served = tuple(s for s in settings if (s.backend, s.host) in roll.rotation.takes_traffic)
    again: Tasks = ()
    if served:
        again = (_rescue(SetServers(roll.target, served), started or gone, because, watched),)
    return (*out, *gone, *started, *again)


def _remove_new(
    situation: Situation, slots: Iterable[Slot], needs: Tasks, because: str, watched: Tasks
) -> Tasks:
    """The removal of the containers that were made for the batch; those that were there stay."""
    joining = situation.assignment.joining
    return tuple(
        _rescue(RemoveContainer(Target(joining[slot].name)), needs, because, watched)
        for slot in slots
        if slot in joining
    )


def _rescue(action: Action, needs: Tasks, because: str, watched: Tasks) -> Task:
    return Task(action, needs, because, rescues=watched)
