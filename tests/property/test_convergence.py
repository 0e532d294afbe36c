"""From any world, an apply ends at the wish, and the next one has nothing to do."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.desired.desired import Desired
from reconciler.engine.errors import EngineError
from tests.property.topologies import wishes
from tests.property.worlds import (
    Crash,
    Event,
    apply_until,
    apply_wish,
    foreigners,
    histories,
    make_world,
    plan_of,
    serves_what_is_written,
)


@given(histories, wishes)
def test_an_apply_converges(history: tuple[Event, ...], wish: Desired) -> None:
    world = make_world(history)
    before = foreigners(world)
    result = apply_wish(world, wish)
    assert result.converged, result.failures
    assert plan_of(world, wish).is_empty
    assert plan_of(world, wish).changes == ()
    assert serves_what_is_written(world)
    assert foreigners(world) == before
    event(f"impact {result.plan.impact}")


@given(histories, wishes)
def test_a_second_apply_does_nothing(history: tuple[Event, ...], wish: Desired) -> None:
    world = make_world(history)
    apply_wish(world, wish)
    state = repr(vars(world))
    again = apply_wish(world, wish)
    assert again.converged
    assert again.plan.is_empty
    assert repr(vars(world)) == state


@given(histories, wishes, st.integers(0, 40), st.sampled_from([Crash, EngineError]))
def test_an_apply_that_was_cut_off_is_completed_by_the_next(
    history: tuple[Event, ...], wish: Desired, number: int, how: type[BaseException]
) -> None:
    world = make_world(history)
    before = foreigners(world)
    finished = apply_until(world, wish, number, how)
    event("finished" if finished else how.__name__)
    result = apply_wish(world, wish)
    assert result.converged, result.failures
    assert plan_of(world, wish).is_empty
    assert serves_what_is_written(world)
    assert foreigners(world) == before


@given(histories, wishes)
def test_destroy_leaves_nothing(history: tuple[Event, ...], wish: Desired) -> None:
    world = make_world(history)
    before = foreigners(world)
    apply_wish(world, wish)
    result = apply_wish(world, wish.emptied(), remove_volumes=True)
    assert result.converged, result.failures
    assert foreigners(world) == before
    assert not [c for c in world.containers.values() if c.owner]
    assert not [n for n in world.networks.values() if n.owner]
    assert not [owner for owner in world.volumes.values() if owner]
