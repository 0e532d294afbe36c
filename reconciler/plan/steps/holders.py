"""A port of the host or an address that goes from one backend to another: who holds it stops before
the one starts that gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.impact import Impact
from reconciler.plan.actions import StopContainer
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import DEFAULT_GRACE_S
from reconciler.plan.steps.effects import stops_of
from reconciler.plan.steps.task import Part, Task, Tasks, target_of


def with_holders(
    needs: Mapping[str, Sequence[str]], holders: Mapping[str, Sequence[ObservedContainer]]
) -> dict[str, list[str]]:
    """What each backend comes after: what it needs, and those that hold what it gets, unless they
    come after it themselves."""
    found = {name: list(needed) for name, needed in needs.items()}
    for name, containers in holders.items():
        for container in containers:
            if not _comes_after(container.slot.backend, name, found):
                found.setdefault(name, []).append(container.slot.backend)
    return found


def _comes_after(name: str, other: str, needs: Mapping[str, Sequence[str]]) -> bool:
    seen: set[str] = set()
    queue = [name]
    while queue:
        here = queue.pop()
        queue += [needed for needed in needs.get(here, ()) if needed not in seen]
        seen.add(here)
    return other in seen


def stop_holders(
    situation: Situation,
    backend: str,
    holders: Sequence[ObservedContainer],
    needs: Tasks,
    so_far: Tasks,
) -> Part:
    """The end of those that hold what a backend's new containers need."""
    stopped: list[Task] = []
    ends: list[Task] = []
    for container in holders:
        # A roll-out has stopped it, or it stops here and now: else the plan would never get on.
        steps = stops_of(container, (*so_far, *stopped))
        if not steps:
            steps = (_stop_now(situation, container, backend, needs),)
            stopped += steps
        ends += steps
    return Part(tuple(stopped), tuple(ends))


def _stop_now(
    situation: Situation, container: ObservedContainer, backend: str, needs: Tasks
) -> Task:
    action = StopContainer(target_of(container), container.stop_grace_s or DEFAULT_GRACE_S)
    is_its_own = container.slot.backend == backend
    impact = Impact.INTERRUPT if is_its_own else _impact(situation, container)
    return Task(action, needs, f"`{backend}` gets its port or address", impact)


def _impact(situation: Situation, container: ObservedContainer) -> Impact:
    """What it means that a container stops before HAProxy has let go of it."""
    serving = {s.host for proxy in situation.observed.proxies.values() for s in proxy.serving}
    return Impact.INTERRUPT if container.hosts & serving else Impact.NONE
