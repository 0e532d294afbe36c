"""Plans as data: the same for the same facts, whatever their order, and never out of order."""

from __future__ import annotations

import random
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.desired.desired import ANCHOR_SLOT, Desired
from reconciler.desired.impact import Impact
from reconciler.engine.memory import MemoryEngine
from reconciler.plan.actions import RemoveContainer, RemoveNetwork, RemoveVolume, StopContainer
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from tests.property.topologies import NAME, wishes
from tests.property.worlds import Event, apply_wish, histories, make_world

Value = TypeVar("Value")
shuffles = st.randoms(use_true_random=False)


def observe(history: tuple[Event, ...], wish: Desired) -> Observed:
    return MemoryEngine(NAME, make_world(history)).observe(wish.scope())


def shuffled_dict(items: Any, how: random.Random) -> Any:
    pairs = list(items.items())
    how.shuffle(pairs)
    return dict(pairs)


def shuffled(observed: Observed, how: random.Random) -> Observed:
    containers = [
        replace(
            c, networks=shuffled_dict(c.networks, how), described=shuffled_dict(c.described, how)
        )
        for c in observed.containers
    ]
    how.shuffle(containers)
    return replace(
        observed,
        containers=tuple(containers),
        networks=shuffled_dict(observed.networks, how),
        images=shuffled_dict(observed.images, how),
        proxies=shuffled_dict(observed.proxies, how),
        volumes=shuffled_dict(observed.volumes, how),
        holders=tuple(how.sample(observed.holders, len(observed.holders))),
    )


@given(histories, wishes, shuffles, st.booleans())
def test_the_order_of_what_is_seen_means_nothing(
    history: tuple[Event, ...], wish: Desired, how: random.Random, volumes: bool
) -> None:
    observed = observe(history, wish)
    plan = plan_changes(wish, observed, remove_volumes=volumes)
    assert plan_changes(wish, observed, remove_volumes=volumes) == plan
    assert plan_changes(wish, shuffled(observed, how), remove_volumes=volumes) == plan


@given(histories, wishes, st.booleans(), st.booleans())
def test_steps_need_earlier_steps_only(
    history: tuple[Event, ...], wish: Desired, volumes: bool, wait: bool
) -> None:
    plan = plan_changes(wish, observe(history, wish), remove_volumes=volumes, wait=wait)
    assert [step.id for step in plan.steps] == list(range(1, len(plan.steps) + 1))
    for step in plan.steps:
        assert all(0 < needed < step.id for needed in step.needs), step


@given(histories, wishes)
def test_steps_and_changes_come_together(history: tuple[Event, ...], wish: Desired) -> None:
    """Nothing happens that the plan does not tell, and nothing is told that does not happen."""
    plan = plan_changes(wish, observe(history, wish))
    assert bool(plan.steps) == bool(plan.changes)
    assert plan.impact >= max((step.impact for step in plan.steps), default=0)


@given(histories, wishes)
def test_a_gap_blocks_removals(history: tuple[Event, ...], wish: Desired) -> None:
    observed = replace(observe(history, wish), gaps=("something could not be read",))
    plan = plan_changes(wish, observed, remove_volumes=True)
    removed = [s for s in plan.steps if isinstance(s.action, RemoveContainer | RemoveVolume)]
    assert not removed
    assert plan.count("remove") == 0
    told = {change.name for change in plan.changes if change.verb == "replace"}
    anchors = {container.id for container in observed.containers if container.slot == ANCHOR_SLOT}
    for step in plan.steps:
        if isinstance(step.action, RemoveNetwork):
            assert step.action.name in told
        if isinstance(step.action, StopContainer) and step.action.target.id not in anchors:
            assert step.action.target.name in told | {c.name for c in plan.changes}
        elif isinstance(step.action, StopContainer):  # it gives its ports to another HAProxy
            assert any(c.kind == "haproxy" for c in plan.changes)


@given(histories, wishes)
def test_a_gap_is_told_and_not_forgotten(history: tuple[Event, ...], wish: Desired) -> None:
    world = make_world(history)
    apply_wish(world, wish)
    proxies = [c for c in world.containers.values() if c.owner and c.slot.role == "proxy"]
    for proxy in proxies:
        proxy.is_readable = False
    plan: Plan = plan_changes(wish, MemoryEngine(NAME, world).observe(wish.scope()))
    assert bool(plan.notes) == bool(proxies)


@given(histories, wishes)
def test_no_step_does_more_to_traffic_than_the_changes_say(
    history: tuple[Event, ...], wish: Desired
) -> None:
    plan = plan_changes(wish, observe(history, wish))
    shown = max((change.impact for change in plan.changes), default=Impact.NONE)
    assert all(step.impact <= shown for step in plan.steps)
