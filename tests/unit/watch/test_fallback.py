"""A change that fails leaves what the file said before; that is kept, and healed, meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.desired.names import JOB_ROLE, PROXY_ROLE
from reconciler.engine.memory import Image, World
from reconciler.events.news import Outcome, PassBegun
from reconciler.plan.actions import Action, CreateContainer
from reconciler.topology.model import Topology
from tests.unit.watch.watching import Watch

PAUSED = {"image": "bad:1", "rollout": {"on_failure": "pause"}}
CHANGES: dict[str, dict[str, Any]] = {
    "a new image does not serve": {"web": {"image": "bad:1"}},
    "the same, and it is left for a look": {"web": PAUSED},
    "one more replica": {"web": {"image": "bad:1", "replicas": 3}},
    "a new backend does not serve": {"api": {"image": "bad:1", "port": 80}},
    "a job fails": {"web": {"image": "app:2", "before": [{"image": "bad:1"}]}},
    "a job fails before a new backend": {"api": {"port": 80, "before": [{"image": "bad:1"}]}},
    "on a network of its own": {"web": {"image": "bad:1"}, "networks": {"more": {}}},
}


def shop(**changed: Any) -> Desired:
    backends = {"web": {"image": "app:1", "port": 80, "replicas": 2, "restart": "no"}}
    for name in {"web", "api"} & changed.keys():
        backends[name] = {"image": "app:1", **backends.get(name, {}), **changed[name]}
    networks = {"default": {}, **changed.get("networks", {})}
    document: dict[str, Any] = {
        "name": "shop",
        "networks": networks,
        "backends": backends,
        "frontends": {"www": {"bind": 80, "default_backend": "web"}},
        "haproxy": {"image": "haproxy:1"},
    }
    if "more" in networks:
        backends["web"]["networks"] = ["default", "more"]
    if "api" in backends:
        document["frontends"]["api"] = {"bind": 81, "default_backend": "api"}
    return compile_topology(Topology.model_validate(document), "/srv")


def failing(before: dict[str, Any] | None = None, /, **changed: Any) -> Watch:
    """One whose file was changed so, and cannot be followed."""
    watch = Watch()
    watch.world.images["bad:1"] = Image("sha256:bad", serves=False, job_exit_code=1)
    watch.want(shop(**before or {}), "start")
    watch.run()
    watch.forget()
    watch.want(shop(**changed))
    watch.run(600)
    assert Outcome.FAILED in watch.outcomes
    return watch


def servers(watch: Watch, image: str = "app:1") -> list[str]:
    """The ids of those that are of this image."""
    made_of = watch.world.images[image]
    there = watch.world.containers.values()
    return [c.id for c in there if c.slot.backend == "web" and c.image is made_of]


def running(watch: Watch) -> int:
    """How many of those that the file described before run."""
    return sum(watch.world.get(which).state == "running" for which in servers(watch))


BREAKS: dict[str, Callable[[World, str], None]] = {"killed": World.kill, "removed": World.remove}


@pytest.mark.parametrize("breaks", BREAKS)
@pytest.mark.parametrize("many", [1, 2])
@pytest.mark.parametrize("change", CHANGES)
def test_what_serves_is_healed(change: str, breaks: str, many: int) -> None:
    watch = failing(**CHANGES[change])
    for which in servers(watch)[:many]:
        BREAKS[breaks](watch.world, which)
    watch.run(5)
    assert running(watch) == 2, watch.passes[-1]
    watch.want(shop(web={"env": {"A": "b"}}))  # and the mended file is followed
    watch.run(5)
    assert watch.outcomes[-1] is Outcome.UNCHANGED


def test_a_haproxy_that_was_removed_is_made_again() -> None:
    watch = failing(web={"image": "bad:1"})
    (proxy,) = (c.id for c in watch.world.containers.values() if c.slot.role == PROXY_ROLE)
    watch.world.remove(proxy)
    watch.run(5)
    assert any(c.slot.role == PROXY_ROLE for c in watch.world.containers.values())


def test_what_a_failure_left_for_a_look_stays() -> None:
    watch = failing(web=PAUSED)
    left = servers(watch, "bad:1")
    assert left
    watch.world.kill(servers(watch)[0])
    watch.run(5)
    assert servers(watch, "bad:1") == left


def test_the_job_that_failed_stays_for_its_log() -> None:
    watch = failing(**CHANGES["a job fails"])
    (job,) = (c.id for c in watch.world.containers.values() if c.slot.role == JOB_ROLE)
    watch.world.kill(servers(watch)[0])
    watch.run(1)
    assert running(watch) == 2
    assert job in watch.world.containers


def test_what_got_through_is_not_undone() -> None:
    """Another backend has its new image, and keeps it."""
    api = {"api": {"image": "app:1", "port": 80}}
    watch = failing(api, api={"image": "app:2", "port": 80}, web={"image": "bad:1"})
    for container in list(watch.world.containers.values()):
        if container.slot.backend:
            watch.world.kill(container.id)
    watch.run(5)
    assert running(watch) == 2
    apis = [c for c in watch.world.containers.values() if c.slot.backend == "api"]
    assert [(c.image, c.state) for c in apis] == [(watch.world.images["app:2"], "running")]


def half_way() -> Watch:
    """One of whose two servers the first has got the new image, and the second could not."""
    watch = Watch()
    watch.want(shop(), "start")
    watch.run()
    made = 0

    def spoil(action: Action) -> None:
        nonlocal made
        made += isinstance(action, CreateContainer)
        if made > 1:
            watch.world.images["app:2"] = Image("sha256:2", serves=False)

    watch.world.images["app:2"] = Image("sha256:2")
    watch.keeper.close()
    watch.engines.on_perform = spoil
    watch.want(shop(web={"image": "app:2"}))
    watch.run(30)
    assert Outcome.FAILED in watch.outcomes
    return watch


def got_through(watch: Watch) -> list[str]:
    there = watch.world.containers.values()
    return [c.id for c in there if c.image == Image("sha256:2")]


def test_what_cannot_be_kept_without_undoing_something_is_not_kept() -> None:
    assert Outcome.KEPT not in half_way().outcomes


@pytest.mark.parametrize("refused", ["no such image", "HAProxy refuses it"])
def test_what_got_half_way_is_not_undone_by_the_next_edit(refused: str) -> None:
    watch = half_way()
    new = got_through(watch)
    assert len(new) == 1
    watch.world.unavailable.add("gone:1")
    if refused == "no such image":
        watch.want(shop(web={"image": "gone:1"}))
    else:
        watch.world.alerts = lambda text: [(1, "no")] if "roundrobin" not in text else []
        watch.want(shop(web={"image": "app:2", "balance": "leastconn"}))
    watch.run(30)
    assert got_through(watch) == new


def test_a_job_of_before_does_not_run_after_the_new_one() -> None:
    before = {"web": {"before": [{"image": "job:1"}]}}
    watch = failing(before, web={"image": "bad:1", "before": [{"image": "job:2"}]})
    for which in servers(watch):
        watch.world.remove(which)
    watch.run(5)
    assert running(watch) == 2
    jobs = [c.image for c in watch.world.containers.values() if c.slot.role == JOB_ROLE]
    assert jobs == [watch.world.images["job:2"]]


def test_a_mended_file_is_told_before_all_else() -> None:
    watch = failing(web={"image": "bad:1"})
    watch.forget()
    watch.keeper.mail.put("a container joined network shop-default")
    watch.want(shop(web={"image": "app:2"}), "file changed: web.image bad:1 → app:2")
    watch.run()
    assert watch.begun == ["file changed: web.image bad:1 → app:2"]


def test_it_is_an_edit_that_gets_through_at_last() -> None:
    watch = failing(web={"image": "bad:1"})
    watch.forget()
    watch.world.images["bad:1"] = Image("sha256:mended")
    watch.run(60)
    (ended,) = [ended for ended in watch.passes if ended.outcome is Outcome.CONVERGED]
    assert ended.is_edit
    assert not any(news.is_news for news in watch.news if isinstance(news, PassBegun))


def test_a_removal_that_fails_half_way_is_not_undone() -> None:
    watch = Watch()
    watch.want(shop(), "start")
    watch.run()
    watch.world.run("stranger", networks=["shop-default"])  # so that the network cannot go
    watch.want(shop().emptied(), forget=True)
    watch.run(120)
    assert Outcome.FAILED in watch.outcomes
    assert watch.running == 0


def test_it_is_told_as_what_it_is() -> None:
    watch = failing(web={"image": "bad:1"})
    kept = [ended for ended in watch.passes if ended.outcome is Outcome.KEPT]
    assert [ended.is_news for ended in kept].count(True) == 1
    assert {failure.code for ended in kept for failure in ended.failures} == {"servers-down"}
    assert kept[-1].retry_s is not None
    assert not any(ended.has_healed for ended in kept)
    watch.forget()
    watch.world.kill(servers(watch)[0])
    watch.run(5)
    assert watch.passes[0].has_healed
