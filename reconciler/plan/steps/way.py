"""A port of the host or an address that goes from one backend to another: who has it stops before
the one starts that gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.impact import Impact
from reconciler.plan.actions import StopContainer
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.draft import Draft, target_of
from reconciler.plan.steps.removals import DEFAULT_GRACE_S


def with_holders(
    needs: Mapping[str, Sequence[str]], in_the_way: Mapping[str, Sequence[ObservedContainer]]
) -> dict[str, list[str]]:
    """What each backend comes after: also those that have what it gets, unless they come after it
    themselves."""
    found = {name: list(needed) for name, needed in needs.items()}
    for name, containers in in_the_way.items():
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


def make_way(draft: Draft, backend: str, containers: Sequence[ObservedContainer]) -> list[int]:
    """The steps after which nobody else has what a backend's new containers need. Where a roll-out
    has not stopped one by then, it stops here and now: else the plan would never get on."""
    ended: list[int] = []
    for container in containers:
        steps = draft.ends_of(container)
        if not steps:
            draft.stopped.add(container.id)
            stop = StopContainer(target_of(container), container.stop_grace_s or DEFAULT_GRACE_S)
            why = f"`{backend}` gets its port or address"
            is_its_own = container.slot.backend == backend
            impact = Impact.INTERRUPT if is_its_own else _impact(draft, container)
            steps = [draft.add(stop, draft.before(backend), why, impact)]
        ended += steps
    return ended


def _impact(draft: Draft, container: ObservedContainer) -> Impact:
    """Of a stop before HAProxy has let go."""
    serving = {s.host for proxy in draft.observed.proxies.values() for s in proxy.serving}
    return Impact.INTERRUPT if container.hosts & serving else Impact.NONE
