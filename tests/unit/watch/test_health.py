"""What a daemon does about containers that turn unhealthy while they serve."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.names import SERVER_ROLE
from reconciler.engine.memory import Container, Image
from reconciler.engine.memory.observe import server_states
from reconciler.events.news import Outcome
from tests.unit.watch.watching import Watch, wish, with_a_worker, worker

CHECKED = {"healthcheck": {"test": "true"}}
MENDED = [Outcome.CONVERGED, Outcome.UNCHANGED]
"""A pass, and the look that its own changes lead to."""


def watch_of(replicas: int = 3, **web: Any) -> Watch:
    watch = Watch()
    watch.want(wish(replicas, **CHECKED, **web), "start")
    watch.run()
    assert watch.outcomes == MENDED
    watch.forget()
    return watch


def webs(watch: Watch) -> list[Container]:
    there = (c for c in watch.world.containers.values() if c.slot.role == SERVER_ROLE)
    return sorted(there, key=lambda c: c.slot)


def in_rotation(watch: Watch) -> set[str]:
    (proxy,) = (c for c in watch.world.containers.values() if c.worker is not None)
    return {s.host for s in server_states(watch.world, proxy) if s.takes_traffic}


def test_one_that_turns_unhealthy_is_replaced() -> None:
    watch = watch_of()
    sick = webs(watch)[1]
    watch.world.turn(sick.id, healthy=False)
    watch.run()
    assert watch.outcomes == MENDED
    assert sick.id not in watch.world.containers
    assert len(in_rotation(watch)) == 3
    assert watch.begun == [f"container {sick.name} is unhealthy"]


def test_one_that_is_drained_comes_back_when_it_is_healthy() -> None:
    watch = watch_of(on_unhealthy="drain")
    sick = webs(watch)[0]
    watch.world.turn(sick.id, healthy=False)
    watch.run(600)
    assert set(watch.outcomes) == {Outcome.FAILED}
    assert [ended.is_news for ended in watch.passes].count(True) == 1
    ended = watch.passes[-1]
    assert [failure.code for failure in ended.failures] == ["unhealthy"]
    assert (ended.servers_up, ended.servers) == (2, 3)
    assert in_rotation(watch) == {c.name for c in webs(watch)[1:]}
    watch.world.turn(sick.id, healthy=True)
    watch.run(60)
    assert watch.outcomes[-1] in {Outcome.CONVERGED, Outcome.UNCHANGED}
    assert in_rotation(watch) == {c.name for c in webs(watch)}


def test_who_ignores_it_hears_nothing() -> None:
    watch = watch_of(on_unhealthy="ignore")
    before = in_rotation(watch)
    watch.world.turn(webs(watch)[0].id, healthy=False)
    watch.run(60)
    assert set(watch.outcomes) <= {Outcome.UNCHANGED}
    assert in_rotation(watch) == before


@pytest.mark.parametrize("policy", ["replace", "drain"])
def test_when_all_are_unhealthy_they_serve_on(policy: str) -> None:
    """As when a database is away: what would be made anew is not healthy either."""
    watch = watch_of(on_unhealthy=policy)
    before = {c.id for c in webs(watch)}
    watch.world.images["app:1"].healthy = False
    most = 0
    for container in webs(watch):
        watch.world.turn(container.id, healthy=False)
        watch.run()
        assert in_rotation(watch)
    for _ in range(60):
        watch.run(10)
        most = max(most, len(webs(watch)))
    assert in_rotation(watch) == {c.name for c in webs(watch)}
    assert {c.id for c in webs(watch)} == before
    assert len(watch.passes) < 40
    assert most <= 4
    assert watch.passes[-1].servers_up == 0
    watch.world.images["app:1"].healthy = True
    for container in webs(watch):
        watch.world.turn(container.id, healthy=True)
    watch.run(120)
    assert watch.outcomes[-1] in {Outcome.CONVERGED, Outcome.UNCHANGED}
    assert watch.passes[-1].servers_up == 3


def test_one_that_serves_alone_is_replaced_by_one_that_is_healthy_first() -> None:
    watch = watch_of(1)
    sick = webs(watch)[0]
    watch.world.turn(sick.id, healthy=False)
    watch.run()
    assert watch.outcomes == MENDED
    assert webs(watch)[0].id != sick.id


def test_all_of_them_are_replaced_once_a_new_one_is_healthy() -> None:
    watch = watch_of()
    before = {c.id for c in webs(watch)}
    for container in webs(watch):
        container.is_unhealthy = True
    watch.world.tell("shop", "container web is unhealthy")
    watch.run()
    assert watch.outcomes == MENDED
    assert before.isdisjoint(c.id for c in webs(watch))


def test_a_worker_is_replaced_too() -> None:
    watch = Watch()
    watch.want(with_a_worker("app:1", **CHECKED), "start")
    watch.run()
    watch.forget()
    sick = worker(watch)
    watch.world.turn(sick.id, healthy=False)
    watch.run()
    assert watch.outcomes == MENDED
    assert worker(watch).id != sick.id


def test_what_turns_unhealthy_again_and_again_is_replaced_ever_more_rarely() -> None:
    watch = watch_of()
    replaced = 0
    for _ in range(600):
        if not any(c.is_unhealthy for c in webs(watch)):
            replaced += 1
            watch.world.turn(webs(watch)[0].id, healthy=False)
        watch.run(1)
    assert 5 <= replaced <= 24


def test_what_never_was_healthy_is_awaited_and_not_made_anew() -> None:
    watch = Watch()
    watch.world.registry["app:1"] = Image("sha256:ill", healthy=False)
    watch.want(wish(1, **CHECKED), "start")
    watch.run()
    (first,) = webs(watch)
    watch.run(300)
    assert [c.id for c in webs(watch)] == [first.id]
    assert set(watch.outcomes) == {Outcome.FAILED}
