"""Containers of backends: up to where they can serve, and down again."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.desired.desired import PROXY_SLOT, DesiredContainer, Slot
from reconciler.desired.impact import Impact
from reconciler.desired.names import PROXY_ROLE
from reconciler.haproxy.control.servers import read_servers
from reconciler.plan.actions import (
    AwaitReady,
    AwaitSteady,
    CreateContainer,
    RemoveContainer,
    StartContainer,
    StopContainer,
    Target,
    UnpauseContainer,
    WriteFiles,
)
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.decide.slots import HOLDS_PORTS, Kept
from reconciler.plan.decide.steadiness import is_checked_by_haproxy, steady_of
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.in_place import change_in_place
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.task import Part, Task, Tasks, target_of

DEFAULT_GRACE_S = 10.0
"""The grace of a container whose own is not known; Docker's default."""


class BackendPart(Struct, frozen=True):
    """What becomes of the containers of a backend, or of several."""

    tasks: Tasks = ()
    ready: Mapping[Slot, Tasks] = field(default_factory=dict)
    """The last tasks of bringing a container up, by slot, in the order in which that is done."""
    rolled_out: Tasks = ()
    """The last tasks of roll-outs, removals included."""

    @property
    def ends(self) -> Tasks:
        return (*(task for last in self.ready.values() for task in last), *self.rolled_out)


def bring_up(
    situation: Situation,
    slot: Slot,
    prerequisites: Prerequisites,
    needs: Tasks,
    timeout_s: float | None = None,
) -> Part:
    """The tasks that make a slot's container ready to serve."""
    if slot not in situation.assignment.joining:
        kept = situation.assignment.kept[slot]
        return _bring_back(situation, kept, prerequisites, needs, timeout_s)
    joining = situation.assignment.joining[slot]
    want, because = joining.want, joining.diff.replace if joining.diff else "it is not there"
    action = CreateContainer(want, joining.name)
    created = Task(action, (*needs, *prerequisites.of(want)), because)
    started = first_start(Target(joining.name), want, (created,), because)
    ready = _await_ready(Target(joining.name), (started[-1],), timeout_s)
    return Part((created, *started, ready), (ready,))


def first_start(target: Target, want: DesiredContainer, needs: Tasks, because: str) -> Tasks:
    """A start, the last of these, with the container's files in it: a run that was cut off may not
    have written them."""
    if not want.spec.files:
        return (Task(StartContainer(target), needs, because),)
    written = Task(WriteFiles(target, want.spec.files), needs, because)
    return (written, Task(StartContainer(target), (written,), because))


def _bring_back(
    situation: Situation,
    kept: Kept,
    prerequisites: Prerequisites,
    needs: Tasks,
    timeout_s: float | None,
) -> Part:
    """Changes in place, then a start if it is not running."""
    changed = change_in_place(situation, kept, prerequisites)
    if _serves_already(situation, kept.have):
        return changed
    target, state = target_of(kept.have), kept.have.state
    needs = (*changed.ends, *needs) if state != "running" else changed.ends
    woken: Tasks
    match state:
        case "running":
            woken = ()
        case "paused":
            woken = (Task(UnpauseContainer(target), needs, "it is paused"),)
        case "created":
            woken = first_start(target, kept.want, needs, "it is created")
        case _:
            woken = (Task(StartContainer(target), needs, f"it is {state}"),)
    ready = _await_ready(target, woken[-1:] or needs, timeout_s)
    return Part((*changed.tasks, *woken, ready), (ready,))


def _serves_already(situation: Situation, container: ObservedContainer) -> bool:
    # Once it takes traffic, Docker's health check is not what HAProxy goes by.
    is_healthy = container.health in {None, "healthy"}
    return container.state == "running" and (
        is_healthy or not _is_new_to_haproxy(situation, container)
    )


def _is_new_to_haproxy(situation: Situation, container: ObservedContainer) -> bool:
    """Whether HAProxy shall send it traffic, and does not yet: a run that was cut off made it."""
    if container.slot.backend in situation.rotations:
        return container.slot in situation.rolled
    proxy, need, backend = situation.desired.proxy, situation.need, container.slot.backend
    if proxy is None or not need.must_write:
        return False
    known = {(server.backend, server.host) for server in read_servers(need.config_before or "")}
    return any(
        served.source == backend
        and not any((served.name, host) in known for host in container.hosts)
        for served in proxy.backends
    )


def _await_ready(target: Target, needs: Tasks, timeout_s: float | None) -> Task:
    return Task(AwaitReady(target, timeout_s), needs, "before it gets traffic")


def see_steady(situation: Situation, brought_up: Mapping[Slot, Part]) -> Tasks:
    """One wait for those that have just become ready, and are told by nobody else to be well: they
    run for a time before they count as ready. HAProxy's checks are waited for by who asks it."""
    slots = [slot for slot, part in brought_up.items() if _was_awaited(part)]
    slots = [slot for slot in slots if not is_checked_by_haproxy(situation.desired, slot)]
    waits = {slot: steady_of(situation.desired, slot) for slot in slots}
    slots = [slot for slot in slots if any(waits[slot])]
    if not slots:
        return ()
    action = AwaitSteady(
        tuple(Target(situation.assignment.name_of(slot)) for slot in slots),
        max(waits[slot].said_s for slot in slots),
        max(waits[slot].unchecked_s for slot in slots),
    )
    needs = tuple(task for slot in slots for task in brought_up[slot].ends)
    return (Task(action, needs, "what crashes as it starts runs for a moment, too"),)


def _was_awaited(part: Part) -> bool:
    return any(isinstance(task.action, AwaitReady) for task in part.ends)


def stop(situation: Situation, container: ObservedContainer, needs: Tasks) -> Part:
    """The end of a container's work; nothing if it does none."""
    if container.state not in HOLDS_PORTS:
        return Part((), needs)
    is_proxy = container.slot.role == PROXY_ROLE
    goes_on = is_proxy and container.hands_over and _hands_over(situation)
    impact = Impact.INTERRUPT if is_proxy and not goes_on else Impact.NONE
    why = "its sockets are handed over; it finishes what it has" if goes_on else "it leaves"
    action = StopContainer(target_of(container), container.stop_grace_s or DEFAULT_GRACE_S)
    stopped = (Task(action, needs, why, impact),)
    return Part(stopped, stopped)


def remove(container: ObservedContainer, needs: Tasks) -> Task:
    return Task(RemoveContainer(target_of(container)), needs, "it leaves")


def _hands_over(situation: Situation) -> bool:
    """Whether another HAProxy has the listening sockets when this plan stops one."""
    kept = situation.assignment.kept.get(PROXY_SLOT)
    is_handed = situation.need.mode is ProxyMode.HANDOVER
    return is_handed or (kept is not None and kept.have.hands_over)
