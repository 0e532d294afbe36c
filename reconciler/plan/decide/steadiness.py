"""Which containers are steady. One look is not enough: a container that crashes soon after each
start runs at most moments.

HAProxy's checks and Docker's prove that a container is well. One without checks has to run for a
time, and so has one that Docker had to restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.desired.desired import Desired, Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.plan.observed import Observed, ObservedContainer

UNCHECKED_S = 2.0
"""How long a container without checks has to run until it counts as ready."""
SETTLED_S = 10.0
"""How long a restarted container has to run until it counts as well again. After as long, Docker
restarts without a pause again."""
_DISABLED = ("NONE",)


class Steady(NamedTuple):
    """How long a new container must stay ready: as `min_ready` says, and where nobody checks it."""

    said_s: float
    unchecked_s: float


def steady_of(desired: Desired, slot: Slot) -> Steady:
    check = desired.containers[slot].spec.healthcheck
    is_checked = check is not None and check.test != _DISABLED
    return Steady(desired.rollouts[slot.backend].min_ready_s, 0.0 if is_checked else UNCHECKED_S)


def is_checked_by_haproxy(desired: Desired, slot: Slot) -> bool:
    backends = desired.proxy.backends if desired.proxy else ()
    return any(b.source == slot.backend and b.check is not None for b in backends)


def restarted_since(before: Observed, now: Observed) -> Iterator[ObservedContainer]:
    """The containers that ended, and that Docker started anew, between two looks. A start by
    somebody else begins its count anew."""
    starts = {container.id: container.started_at for container in before.containers}
    for container in now.containers:
        if container.restarts and starts.get(container.id) != container.started_at:
            yield container


def unsettled(desired: Desired, observed: Observed) -> Iterator[ObservedContainer]:
    """The containers that run, were started anew, and have not run for long since. Where somebody
    checks them, the first time is no more than an accident that is over."""
    for container in observed.containers:
        slot = container.slot
        if slot.role != SERVER_ROLE or slot not in desired.containers:
            continue
        is_checked = container.health == "healthy" or is_checked_by_haproxy(desired, slot)
        is_young = container.up_s is not None and container.up_s < SETTLED_S
        if container.state == "running" and is_young and container.restarts > is_checked:
            yield container
