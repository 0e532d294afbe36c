"""Batches of a roll-out keep within its limits, and use all the room there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.compile import compile_topology
from reconciler.desired.rollout import Batch, Guard, Rollout, plan_batches
from tests.unit.topology.loading import good, topology_with

Sizes = list[tuple[int, int, int]]

# replicas, surge, unavailable; how many join, leave, and serve now: how many leave early, join and
# leave in each batch.
CASES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], Sizes]] = {
    "one at a time": ((3, 1, 0), (3, 3, 3), [(0, 1, 1)] * 3),
    "two at a time": ((4, 2, 0), (4, 4, 4), [(0, 2, 2)] * 2),
    "all at once": ((3, 3, 0), (3, 3, 3), [(0, 3, 3)]),
    "no surge": ((3, 0, 1), (3, 3, 3), [(1, 1, 0)] * 3),
    "no surge, two at a time": ((4, 0, 2), (4, 4, 4), [(2, 2, 0)] * 2),
    "no surge, all at once": ((3, 0, 3), (3, 3, 3), [(3, 3, 0)]),
    "the only one, stopped first": ((1, 0, 1), (1, 1, 1), [(1, 1, 0)]),
    "both": ((4, 1, 1), (4, 4, 4), [(1, 2, 1)] * 2),
    "up": ((5, 1, 0), (2, 0, 3), [(0, 2, 0)]),
    "down": ((2, 1, 0), (0, 3, 5), [(0, 0, 3)]),
    "from nothing": ((3, 1, 0), (3, 0, 0), [(0, 3, 0)]),
    "from nothing, without surge": ((3, 0, 1), (3, 0, 0), [(0, 3, 0)]),
    "to nothing": ((0, 0, 0), (0, 3, 3), [(0, 0, 3)]),
    "nothing": ((2, 1, 0), (0, 0, 2), []),
    "up and replaced": ((6, 2, 0), (6, 3, 3), [(0, 5, 2), (0, 1, 1)]),
    "down and replaced": ((2, 1, 0), (2, 5, 5), [(2, 0, 1), (0, 1, 1), (0, 1, 1)]),
    "more present than allowed": ((2, 1, 0), (2, 9, 9), [(2, 0, 5), (0, 1, 1), (0, 1, 1)]),
    "one comes back": ((3, 1, 0), (1, 0, 2), [(0, 1, 0)]),
    "one comes back among too many": ((3, 1, 0), (1, 3, 5), [(1, 0, 1), (0, 1, 1)]),
}


@pytest.mark.parametrize(("limits", "numbers", "sizes"), CASES.values(), ids=CASES)
def test_batches(limits: tuple[int, int, int], numbers: tuple[int, int, int], sizes: Sizes) -> None:
    joins, leaves, present = numbers
    batches = plan_batches(Rollout(*limits), range(joins), range(leaves), present)
    assert [(len(b.early), len(b.joins), len(b.leaves)) for b in batches] == sizes


@st.composite
def situations(draw: st.DrawFn) -> tuple[Rollout, int, int, int]:
    """A roll-out, and how many stay, join and leave."""
    replicas = draw(st.integers(0, 12))
    unavailable = draw(st.integers(0, replicas))
    surge = draw(st.integers(0 if unavailable or not replicas else 1, 12))
    stays = draw(st.integers(0, replicas))
    rollout = Rollout(replicas, surge, unavailable)
    return rollout, stays, replicas - stays, draw(st.integers(0, 15))


@given(situations())
def test_all_join_and_leave_once(situation: tuple[Rollout, int, int, int]) -> None:
    rollout, stays, joining, leaving = situation
    batches = plan_batches(rollout, range(joining), range(leaving), stays + leaving)
    assert [one for batch in batches for one in batch.joins] == list(range(joining))
    left = [one for batch in batches for one in (*batch.early, *batch.leaves)]
    assert left == list(range(leaving))
    assert all(batch.early or batch.joins or batch.leaves for batch in batches)


@given(situations())
def test_the_limits_hold_at_every_moment(situation: tuple[Rollout, int, int, int]) -> None:
    rollout, stays, joining, leaving = situation
    most, least = rollout.replicas + rollout.surge, rollout.replicas - rollout.unavailable
    start = now = stays + leaving
    for batch in plan_batches(rollout, range(joining), range(leaving), now):
        now -= len(batch.early)
        assert not batch.early or now >= least
        now += len(batch.joins)
        assert not batch.joins or now <= most
        now -= len(batch.leaves)
        assert not batch.leaves or now >= min(least, start)
    assert now == rollout.replicas


@given(situations())
def test_nobody_leaves_early_who_could_wait(situation: tuple[Rollout, int, int, int]) -> None:
    """Capacity is given up only where those that join would find no room."""
    rollout, stays, joining, leaving = situation
    now, left = stays + leaving, joining
    for batch in plan_batches(rollout, range(joining), range(leaving), now):
        room = max(rollout.replicas + rollout.surge - now, 0)
        assert len(batch.early) <= max(left - room, 0)
        left -= len(batch.joins)
        now += len(batch.joins) - len(batch.early) - len(batch.leaves)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 40))
def test_no_more_batches_than_need_be(replicas: int, surge: int, unavailable: int) -> None:
    unavailable = min(unavailable, replicas)
    at_once = surge + unavailable
    if not at_once:
        return
    rollout = Rollout(replicas, surge, unavailable)
    batches = plan_batches(rollout, range(replicas), range(replicas), replicas)
    assert len(batches) == -(-replicas // at_once)


@given(st.integers(1, 9), st.integers(1, 9))
def test_no_surge_never_has_more(replicas: int, unavailable: int) -> None:
    rollout = Rollout(replicas, 0, min(unavailable, replicas))
    now = replicas
    for batch in plan_batches(rollout, range(replicas), range(replicas), replicas):
        assert batch.leaves == ()
        assert len(batch.early) == len(batch.joins)
        now += len(batch.joins) - len(batch.early)
        assert now == replicas
    assert rollout.stops_first


def test_an_order_is_kept() -> None:
    assert plan_batches(Rollout(2, 1), "ab", "xy", 2) == [
        Batch((), ("a",), ("x",)),
        Batch((), ("b",), ("y",)),
    ]


# -- from a file -----------------------------------------------------------------------------

FILES: dict[tuple[int, str], tuple[int, int]] = {
    (1, "{}"): (1, 0),
    (4, "{}"): (1, 0),
    (5, "{}"): (2, 0),  # 25 % is rounded up
    (0, "{}"): (0, 0),
    (10, "{max_surge: 0, max_unavailable: 25%}"): (0, 2),  # and down
    (3, "{max_surge: 0, max_unavailable: 25%}"): (0, 1),  # but not to a roll-out of nobody
    (3, "{max_surge: 0%, max_unavailable: 1}"): (0, 1),
    (3, "{max_surge: 7}"): (7, 0),
    (3, "{max_surge: 100%, max_unavailable: 100%}"): (3, 3),
    (2, "{max_surge: 1, max_unavailable: 5}"): (1, 2),  # no more than there are
    (3, "{order: stop-first}"): (0, 1),
    (8, "{order: stop-first, max_unavailable: 50%}"): (0, 4),
    (1, "{order: stop-first, max_unavailable: 50%}"): (0, 1),
}


@pytest.mark.parametrize(("replicas", "rollout"), FILES)
def test_numbers_of_a_file(replicas: int, rollout: str) -> None:
    topology = good(topology_with(f"replicas: {replicas}\nrollout: {rollout}"))
    found = compile_topology(topology, "/srv").rollouts["web"]
    assert (found.surge, found.unavailable) == FILES[replicas, rollout]
    assert found.replicas == replicas


def test_the_rest_of_a_file() -> None:
    text = (
        "rollout: {ready_timeout: 9s, min_ready: 2s, drain_timeout: 1m, on_failure: pause, "
        "guard: {max_errors: 2.5%, window: 10s, min_requests: 5}}"
    )
    found = compile_topology(good(topology_with(text)), "/srv").rollouts["web"]
    assert found == Rollout(1, 1, 0, 9.0, 2.0, 60.0, False, Guard(0.025, 10.0, 5))
