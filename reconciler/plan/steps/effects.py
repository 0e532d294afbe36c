"""What the tasks so far do to what is there: read from the tasks themselves, so that it is written
down nowhere else."""

from __future__ import annotations

from reconciler.desired.desired import Slot
from reconciler.haproxy.control.rewrite import put_servers
from reconciler.plan.actions import (
    ReloadProxy,
    RemoveContainer,
    ReplaceProxy,
    StartContainer,
    StopContainer,
    Target,
    WriteServers,
)
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.task import Task, Tasks, target_of


def target_in(situation: Situation, slot: Slot) -> Target:
    """The container that a slot has when the plan is done."""
    kept = situation.assignment.kept.get(slot)
    return target_of(kept.have) if kept else Target(situation.assignment.joining[slot].name)


def starts_of(target: Target, tasks: Tasks) -> Tasks:
    """The tasks that start a container."""
    return tuple(
        task
        for task in tasks
        if isinstance(task.action, StartContainer) and task.action.target == target
    )


def stops_of(container: ObservedContainer, tasks: Tasks) -> Tasks:
    """The tasks that stop a container."""
    return tuple(task for task in tasks if container.id in _stopped_by(task))


def stopped_in(tasks: Tasks) -> set[str | None]:
    """The ids of the containers that these tasks stop."""
    return {identity for task in tasks for identity in _stopped_by(task)}


def removals(tasks: Tasks) -> Tasks:
    """The tasks that remove containers which have done their work."""
    return tuple(t for t in tasks if isinstance(t.action, RemoveContainer) and not t.rescues)


def leavers(situation: Situation, tasks: Tasks) -> list[ObservedContainer]:
    """The containers that leave, without those that these tasks remove."""
    removed = {t.action.target.id for t in tasks if isinstance(t.action, RemoveContainer)}
    leaving = (c for c in situation.assignment.leaving if c.id not in removed)
    return sorted(leaving, key=lambda c: (c.slot, c.name))


def has_reload(tasks: Tasks) -> bool:
    return any(isinstance(task.action, ReloadProxy) for task in tasks)


def has_old_workers(situation: Situation, proxy: Target, tasks: Tasks) -> bool:
    """Whether HAProxy may have old workers: from a reload of this plan, or of one that was cut
    off."""
    seen = situation.observed.proxies.get(proxy.id or "")
    return has_reload(tasks) or (seen is not None and seen.old_workers > 0)


def written_after(situation: Situation, tasks: Tasks) -> str | None:
    """The text of haproxy.cfg when these tasks are done. Where it was not known to be what HAProxy
    runs, no roll-out has changed it."""
    config = situation.running
    if config is None:
        return situation.need.config_before
    for task in tasks:
        match task.action:
            case ReloadProxy(config=loaded):
                config = loaded
            case WriteServers(backend=backend, lines=lines):
                config = put_servers(config, backend, lines)
            case _:
                pass
    return config.text


def _stopped_by(task: Task) -> set[str | None]:
    """The ids of the containers that a task stops, of those that are there."""
    match task.action:
        case StopContainer(target=target):
            return {target.id}
        case ReplaceProxy(old=old, old_anchors=anchors):
            return {old.id, *(anchor.id for anchor in anchors)}
        case _:
            return set()
