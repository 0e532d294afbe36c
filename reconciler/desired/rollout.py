"""How many containers of a backend may be replaced at a time: the batches of a roll-out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

from msgspec import Struct

Join = TypeVar("Join")
Leave = TypeVar("Leave")


class Guard(Struct, frozen=True):
    """When new servers answer too badly: `max_errors` is a part of all requests, from 0 to 1."""

    max_errors: float
    window_s: float
    min_requests: int


class Rollout(Struct, frozen=True):
    """How a backend's containers are replaced. Numbers are of containers."""

    replicas: int = 1
    surge: int = 1
    unavailable: int = 0
    ready_timeout_s: float | None = None
    min_ready_s: float = 0.0
    drain_timeout_s: float = 30.0
    rolls_back: bool = True
    guard: Guard | None = None
    stop_grace_s: float = 10.0
    quiet_s: float = 0.0
    """How long nobody must have asked an old server before it counts as one that has finished."""
    on_unhealthy: Literal["replace", "drain", "ignore"] = "replace"
    """What becomes of those that serve and turn unhealthy."""

    @property
    def stops_first(self) -> bool:
        return self.surge == 0


class Pace(Struct, frozen=True):
    """What a roll-out means for capacity, for people. Numbers are of containers."""

    at_once: int
    stops_first: bool
    least: int
    """So many serve at any time."""
    replicas: int
    drain_timeout_s: float
    is_of_workers: bool = False
    """HAProxy knows nothing of them: `drain_timeout_s` is what each has to stop."""


class Batch(Struct, Generic[Join, Leave], frozen=True):
    """First some leave for want of room, then new ones join, then others leave for them."""

    early: tuple[Leave, ...]
    joins: tuple[Join, ...]
    leaves: tuple[Leave, ...]


def pace_of(
    rollout: Rollout, batches: Sequence[Batch[Join, Leave]], *, is_of_workers: bool = False
) -> Pace:
    return Pace(
        at_once=max((len(batch.joins) for batch in batches), default=0),
        stops_first=rollout.stops_first,
        least=rollout.replicas - rollout.unavailable,
        replicas=rollout.replicas,
        drain_timeout_s=rollout.stop_grace_s if is_of_workers else rollout.drain_timeout_s,
        is_of_workers=is_of_workers,
    )


def plan_batches(
    rollout: Rollout, joins: Sequence[Join], leaves: Sequence[Leave], present: int
) -> list[Batch[Join, Leave]]:
    """The batches of all that join and leave, in an order that keeps the promised capacity.

    `present` is how many serve now, the leaving ones included. At no time are there more than
    `replicas + surge`, nor do fewer than `replicas - unavailable` serve, unless there are already.
    """
    most, least = rollout.replicas + rollout.surge, rollout.replicas - rollout.unavailable
    joining, leaving = list(joins), list(leaves)
    batches: list[Batch[Join, Leave]] = []
    # Each turn uses the room that there is as far as it may, so that there are few batches: with a
    # surge new ones join beside the old; without one, as many leave first as may be missing.
    while joining or leaving:
        short = len(joining) - max(most - present, 0)  # so many find no room beside the others
        early = _take(leaving, min(short, present - least))
        present -= len(early)
        joined = _take(joining, max(most - present, 0))
        present += len(joined)
        left = _take(leaving, len(leaving) if not joining else present - rollout.replicas)
        present -= len(left)
        if not (early or joined or left):  # more are there than the limits allow, and none leaves
            joined, joining = joining, []
        batches.append(Batch(tuple(early), tuple(joined), tuple(left)))
    return batches


def in_pairs(
    joins: Sequence[Join],
    leaves: Sequence[Leave],
    place_of_join: Callable[[Join], object],
    place_of_leave: Callable[[Leave], object],
) -> tuple[list[Join], list[Leave]]:
    """Ordered so that each batch stops whom its new ones replace, where both cannot run at once:
    first who replaces nobody, then the others, and those they replace in the same order."""
    left = [place_of_leave(leave) for leave in leaves]
    joins = sorted(joins, key=lambda join: place_of_join(join) in left)  # else as they were
    places = [place_of_join(join) for join in joins]
    return joins, sorted(
        leaves,
        key=lambda leave: (
            places.index(place) if (place := place_of_leave(leave)) in places else len(places)
        ),
    )


def _take(items: list[Leave], number: int) -> list[Leave]:
    taken, items[:] = items[: max(number, 0)], items[max(number, 0) :]
    return taken
