"""What leaves, once nobody uses it any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.desired.names import PROXY_ROLE
from reconciler.desired.order import in_order
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.plan.actions import RemoveContainer, RemoveNetwork, RemoveVolume, StopContainer
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.decide.slots import HOLDS_PORTS
from reconciler.plan.decide.volumes import leaving_volumes
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.draft import Draft, target_of

DEFAULT_GRACE_S = 10.0
"""For a container whose own grace is not known; Docker's default."""


def tidy_steps(draft: Draft) -> None:
    """A HAProxy or an anchor that was made to follow another and did not get there is nobody's:
    it goes first, or each try that fails would leave one more."""
    serving = draft.need.have
    if serving is None or serving.state != "running":
        return  # one that does not run may be the one to go back to
    for container in draft.leavers():
        is_tried = container.slot in {PROXY_SLOT, ANCHOR_SLOT} and container.id != serving.id
        is_its_ground = serving.network_mode == OF_A_CONTAINER + container.id
        if is_tried and not is_its_ground and container.state not in HOLDS_PORTS:
            draft.add(RemoveContainer(target_of(container)), (), "it was never used")
            draft.retired.add(container.id)


def removal_steps(draft: Draft, *, remove_volumes: bool) -> None:
    """HAProxy first when it goes for good, so that it finishes while its servers are there."""
    removed: list[int] = []
    leavers = draft.leavers()
    proxies = [c for c in leavers if c.slot.role == PROXY_ROLE]
    for container in proxies:
        removed += _leave(draft, container, draft.settled)
    after = [*draft.settled, *removed]
    removed += _leave_in_order(draft, [c for c in leavers if c.slot.role != PROXY_ROLE], after)
    for container in draft.jobs.leaving:
        removed += _leave(draft, container, after)
    left = [
        draft.add(departure, after, "the file does not put it there", impact)
        for departure, impact in draft.departures
    ]
    gone = [*removed, *left, *draft.settled]
    for network in draft.networks.remove:
        draft.add(RemoveNetwork(network.name, network.id), gone, "not in the file")
    for name in leaving_volumes(draft.desired, draft.observed, remove_volumes=remove_volumes):
        draft.add(RemoveVolume(name), gone, "nobody uses it")


def _leave_in_order(
    draft: Draft, leavers: Sequence[ObservedContainer], after: Sequence[int]
) -> list[int]:
    """Who needs others goes before them."""
    needs: dict[str, set[str]] = {}
    for container in leavers:
        needs.setdefault(container.slot.backend, set()).update(container.depends_on)
    gone: dict[str, list[int]] = {}
    users_of = {name: [user for user, needed in needs.items() if name in needed] for name in needs}
    for name in in_order(needs, users_of):
        users = [step for user in users_of[name] for step in gone.get(user, ())]
        own = [c for c in leavers if c.slot.backend == name]
        gone[name] = [step for c in own for step in _leave(draft, c, [*after, *users])]
    return [step for steps in gone.values() for step in steps]


def _leave(draft: Draft, container: ObservedContainer, after: Iterable[int]) -> list[int]:
    needs = list(after)
    is_stopped = container.id in draft.stopped
    return remove(draft, container, needs if is_stopped else stop(draft, container, needs))


def stop(draft: Draft, container: ObservedContainer, needs: list[int]) -> list[int]:
    """The step that stops a container; what it would need when it does not run."""
    if container.state not in HOLDS_PORTS:
        return needs
    is_proxy = container.slot.role == PROXY_ROLE
    grace_s = container.stop_grace_s or DEFAULT_GRACE_S
    goes_on = is_proxy and container.hands_over and _hands_over(draft)
    impact = Impact.INTERRUPT if is_proxy and not goes_on else Impact.NONE
    why = "its sockets are handed over; it finishes what it has" if goes_on else "it leaves"
    return [draft.add(StopContainer(target_of(container), grace_s), needs, why, impact)]


def remove(draft: Draft, container: ObservedContainer, needs: list[int]) -> list[int]:
    return [draft.add(RemoveContainer(target_of(container)), needs, "it leaves")]


def _hands_over(draft: Draft) -> bool:
    """Whether another HAProxy has the listening sockets when this plan stops one."""
    kept = draft.assignment.kept.get(PROXY_SLOT)
    return draft.need.mode is ProxyMode.HANDOVER or (kept is not None and kept.have.hands_over)
