"""One topology's loop, in virtual time: when it looks, what it tells, and when it leaves alone."""

from __future__ import annotations

import pytest

from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import Image, World
from reconciler.events.news import Outcome
from reconciler.plan.actions import Action, StartContainer
from reconciler.watch.state import TROUBLE
from tests.unit.watch.watching import Watch, wish, with_a_worker, worker


@pytest.fixture
def watch() -> Watch:
    """One that has converged."""
    made = Watch()
    made.want(wish(), "start")
    made.run()
    made.forget()
    return made


def test_start() -> None:
    watch = Watch()
    watch.want(wish(), "start")
    watch.run()
    assert watch.outcomes == [Outcome.CONVERGED, Outcome.UNCHANGED]
    assert watch.begun == ["start"]
    assert watch.passes[0].is_edit
    assert watch.running == 3
    assert watch.world.locks == {"shop": "test (watch)"}


def test_a_file_changes(watch: Watch) -> None:
    watch.want(wish(3), "file changed: web.replicas 2 → 3")
    watch.run()
    assert watch.begun == ["file changed: web.replicas 2 → 3"]
    assert watch.running == 4
    assert watch.passes[0].reloads == 0


def test_an_edit_is_why_whatever_else_happened(watch: Watch) -> None:
    """Such as the containers of an edit that it supersedes: they come, and go."""
    happened = f"container {watch.world.get(watch.server(2)).name} started"
    watch.keeper.mail.put(happened)
    watch.want(wish(1), "file changed: web.replicas 2 → 1")
    watch.keeper.mail.put(happened)
    watch.run()
    assert watch.begun == ["file changed: web.replicas 2 → 1"]


def test_a_killed_container_is_healed_at_once(watch: Watch) -> None:
    watch.world.kill(watch.server(2))
    watch.run()
    assert len(watch.begun) == 1
    assert "web-2" in watch.begun[0]
    assert "died (exit 137)" in watch.begun[0]
    assert not watch.passes[0].is_edit
    assert watch.running == 3


def test_what_happens_while_a_pass_runs_is_found(watch: Watch) -> None:
    second = watch.server(2)

    def kill_another(action: Action) -> None:
        if isinstance(action, StartContainer) and watch.world.get(second).state == "running":
            watch.world.kill(second)

    watch.keeper.close()
    watch.engines.on_perform = kill_another
    watch.world.kill(watch.server(1))
    watch.run()
    assert watch.running == 3


def test_it_is_quiet_when_nothing_happens(watch: Watch) -> None:
    turns = watch.run(3600)
    assert turns == 12, "a resync each five minutes"
    assert set(watch.outcomes) == {Outcome.UNCHANGED}
    assert not any(ended.is_news for ended in watch.passes)
    assert {ended.cause for ended in watch.passes} == {"resync"}


def test_a_pass_holds_the_lock_it_has(watch: Watch) -> None:
    def no_lock(*_: object) -> None:
        raise AssertionError("it takes the lock again")

    assert watch.keeper._engine is not None
    watch.keeper._engine.lock = no_lock  # type: ignore[method-assign, assignment]  # to see its use
    watch.world.kill(watch.server())
    watch.run()
    assert watch.outcomes[0] is Outcome.CONVERGED


def test_a_lock_that_is_lost_is_taken_again(watch: Watch) -> None:
    watch.world.locks.clear()
    watch.world.kill(watch.server())
    watch.run()
    assert watch.notices == ["the lock was lost, and is taken again"]
    assert watch.world.locks == {"shop": "test (watch)"}


def test_the_second_daemon_stands_by_and_takes_over(watch: Watch) -> None:
    second = Watch(watch.world, watch.clock, holder="second (watch)")
    second.want(wish(), "start")
    second.run(30)
    assert set(second.outcomes) == {Outcome.STANDBY}
    assert [ended.is_news for ended in second.passes].count(True) == 1
    assert "test (watch)" in second.passes[0].failures[0].message
    watch.keeper.close()
    watch.world.kill(watch.server())
    second.run(1)
    assert second.notices == ["took over"]
    assert watch.running == 3


def test_the_engine_goes_and_comes_back(watch: Watch) -> None:
    watch.world.leave()
    watch.run(600)
    assert set(watch.outcomes) == {Outcome.FAILED}
    assert [ended.is_news for ended in watch.passes].count(True) == 1
    watch.world.containers[watch.server()].state = "exited"  # and nobody tells
    watch.world.come_back()
    watch.run()
    assert watch.running == 3
    assert watch.begun == ["the engine is back"]
    assert watch.world.locks == {"shop": "test (watch)"}


def test_an_engine_that_is_not_there_at_the_start_is_waited_for() -> None:
    world = World()
    world.leave()
    watch = Watch(world)
    watch.want(wish(), "start")
    assert watch.run(60) < 40
    assert watch.passes[0].failures[0].code == "engine-lost"
    world.come_back()
    watch.run()
    assert watch.running == 3


def test_failures_are_tried_again_ever_more_rarely_and_told_once(watch: Watch) -> None:
    watch.world.images["app:2"] = Image("sha256:2", serves=False)
    watch.want(wish(image="app:2"))
    turns = watch.run(600)
    assert 10 < turns < 60
    assert [e.is_news for e in watch.passes if e.outcome is Outcome.FAILED].count(True) == 1
    watch.forget()
    watch.want(wish())  # a file change does not wait
    watch.run()
    assert watch.outcomes[0] in {Outcome.CONVERGED, Outcome.UNCHANGED}


def test_a_rejected_config_is_not_tried_again_and_what_was_is_healed(watch: Watch) -> None:
    watch.world.alerts = lambda text: [(1, "no")] if "roundrobin" not in text else []
    watch.want(wish(balance="leastconn"))
    watch.run(200)
    assert watch.outcomes == [Outcome.FAILED, Outcome.KEPT]
    watch.forget()
    watch.world.kill(watch.server())
    watch.run(10)
    assert watch.running == 3
    assert Outcome.FAILED not in watch.outcomes
    watch.forget()
    watch.run(300)  # the resync tries
    assert Outcome.FAILED in watch.outcomes
    assert not any(e.is_news for e in watch.passes if e.outcome is Outcome.FAILED)


def test_an_image_that_cannot_be_pulled_leaves_what_is_there_healed(watch: Watch) -> None:
    watch.world.unavailable.add("app:2")
    watch.want(wish(image="app:2"))
    watch.run(10)
    watch.world.kill(watch.server())
    watch.run(10)
    assert watch.running == 3
    watch.world.unavailable.clear()
    watch.run(120)
    assert watch.outcomes[-1] is Outcome.UNCHANGED
    assert {c.image.id for c in watch.world.containers.values() if c.slot.backend} == {
        watch.world.images["app:2"].id
    }


def test_a_crash_loop_is_not_hammered_and_is_told() -> None:
    watch = Watch()
    watch.want(wish(restart="no"), "start")
    watch.run()
    starts = 0
    for _ in range(600):
        if watch.world.get(watch.server()).state == "running":
            starts += 1
            watch.world.kill(watch.server())
        watch.run(1)
    assert 5 <= starts <= 12
    deferred = [ended for ended in watch.passes if ended.outcome is Outcome.DEFERRED]
    assert deferred
    assert any(ended.is_news for ended in deferred)
    watch.run(600)
    assert watch.running == 3
    watch.run(1200)  # what lasted is forgiven
    watch.world.kill(watch.server())
    watch.run()
    assert watch.running == 3


def test_what_docker_starts_anew_again_and_again_is_one_state_with_an_end() -> None:
    """Between two crashes it runs, and all looks well."""
    watch = Watch()
    watch.want(with_a_worker("app:1", restart="unless-stopped"), "start")
    watch.run()
    watch.forget()
    for _ in range(100):
        watch.world.crash(worker(watch).id)
        watch.run(3)
    assert set(watch.outcomes) == {Outcome.FAILED}
    assert [ended.is_news for ended in watch.passes].count(True) == 1
    assert len(watch.passes) <= 12
    (failure,) = watch.passes[0].failures
    assert failure.message == f"{worker(watch).name} ended and was restarted by Docker"
    worker(watch).up_s = None
    watch.run(60)
    assert watch.passes[-1].outcome is Outcome.UNCHANGED
    assert watch.passes[-1].is_news


def test_a_worker_that_crashes_from_the_first_on_never_is_converged() -> None:
    watch = Watch()
    watch.world.registry["crashing:1"] = Image("sha256:crashing", crashes=True)
    watch.want(with_a_worker("app:1", image="crashing:1", restart="unless-stopped"), "start")
    watch.run()
    for _ in range(100):
        watch.world.crash(worker(watch).id)
        watch.run(3)
    assert set(watch.outcomes) == {Outcome.FAILED}
    assert [ended.is_news for ended in watch.passes].count(True) == 1


def test_what_docker_starts_anew_does_not_hold_up_the_repair_of_others() -> None:
    watch = Watch()
    watch.want(with_a_worker("app:1", restart="unless-stopped"), "start")
    watch.run()
    for _ in range(100):
        watch.world.crash(worker(watch).id)
        watch.run(3)
    watch.run(10)
    assert watch.passes[-1].retry_s == TROUBLE.longest_s
    watch.world.kill(watch.server())
    watch.run(5)
    assert watch.world.get(watch.server()).state == "running"


def test_one_crash_of_what_is_checked_is_an_accident(watch: Watch) -> None:
    watch.world.crash(watch.server())
    watch.run()
    assert set(watch.outcomes) == {Outcome.UNCHANGED}
    watch.world.crash(watch.server())
    watch.run()
    assert watch.outcomes[-1] is Outcome.FAILED


def test_a_crash_loop_does_not_hold_up_the_repair_of_others() -> None:
    watch = Watch()
    watch.want(wish(replicas=3, restart="no"), "start")
    watch.run()
    for _ in range(200):
        if watch.world.get(watch.server()).state == "running":
            watch.world.kill(watch.server())
        watch.run(1)
    assert watch.outcomes[-1] is Outcome.DEFERRED
    watch.world.kill(watch.server(2))
    watch.run(5)
    assert watch.world.get(watch.server(2)).state == "running"


def test_what_fails_does_not_hold_up_the_repair_of_others(watch: Watch) -> None:
    watch.want(with_a_worker("app:1"))
    watch.run()
    watch.world.images["app:2"] = Image("sha256:2", serves=False)
    watch.want(with_a_worker("app:2"))
    watch.run(600)
    failed = [ended for ended in watch.passes if ended.outcome is Outcome.FAILED]
    assert failed[-1].retry_s == TROUBLE.longest_s
    watch.world.kill(worker(watch).id)
    watch.run(5)
    assert worker(watch).state == "running"


def test_suspended(watch: Watch) -> None:
    watch.want(wish(), suspended=True)
    watch.run()
    watch.world.kill(watch.server())
    watch.run(3600)
    assert watch.running == 2
    assert watch.outcomes == []
    assert watch.world.locks == {}, "others may change it meanwhile"
    assert len(watch.notices) == 1
    watch.want(wish())
    watch.run()
    assert watch.running == 3


def test_dry_run_touches_nothing(watch: Watch) -> None:
    watch.keeper.close()
    dry = Watch(watch.world, watch.clock, dry_run=True)
    dry.want(wish(3), "start")
    dry.run(3600)
    assert set(dry.outcomes) == {Outcome.DRIFT}
    assert [ended.is_news for ended in dry.passes].count(True) == 1
    assert watch.running == 3
    assert watch.world.locks == {}


def test_no_file_any_more(watch: Watch) -> None:
    watch.want(None)
    watch.run()
    watch.world.kill(watch.server())
    watch.run(3600)
    assert watch.running == 2
    assert watch.outcomes == []


def test_removed_with_prune(watch: Watch) -> None:
    watch.want(wish().emptied(), forget=True)
    watch.run()
    assert watch.keeper.is_done
    assert watch.running == 0


def test_more_impact_than_allowed(watch: Watch) -> None:
    watch.keeper.close()
    careful = Watch(watch.world, watch.clock, max_impact=Impact.RUNTIME)
    careful.want(wish(), "start")
    careful.run()
    careful.forget()
    careful.want(wish(env={"A": "b"}))
    careful.run(250)
    assert careful.outcomes == [Outcome.FAILED, Outcome.KEPT]
    assert careful.passes[0].failures[0].code == "impact-too-high"


def test_a_bug_costs_a_pass_and_not_the_daemon(watch: Watch) -> None:
    def bug(_: Action) -> None:
        raise ZeroDivisionError

    watch.keeper.close()
    watch.keeper._engine = None
    watch.engines.on_perform = bug
    watch.world.kill(watch.server())
    watch.run(5)
    assert watch.passes[0].failures[0].code == "internal"
    watch.engines.on_perform = lambda _: None
    watch.keeper.close()
    watch.run(60)
    assert watch.running == 3


def test_asked_to_stop_in_the_middle(watch: Watch) -> None:
    def stop(_: Action) -> None:
        watch.is_stopping = True

    watch.keeper.close()
    watch.engines.on_perform = stop
    watch.want(wish(5))
    watch.run()
    assert watch.outcomes == [Outcome.STOPPED]
    assert watch.next_at is None


def test_another_file_does_not_wait_for_the_one_before(watch: Watch) -> None:
    later = [wish(3)]

    def write(_: Action) -> None:
        if later:
            watch.want(later.pop(), "file changed: web.replicas 5 → 3")

    watch.keeper.close()
    watch.engines.on_perform = write
    watch.want(wish(5), "file changed: web.replicas 2 → 5")
    watch.run()
    assert watch.outcomes == [Outcome.SUPERSEDED, Outcome.CONVERGED, Outcome.UNCHANGED]
    assert watch.begun[1] == "file changed: web.replicas 5 → 3"
    assert watch.running == 4


@pytest.mark.parametrize(("later", "suspended"), [(wish(5), False), (None, False), (wish(3), True)])
def test_what_is_begun_is_not_left_for_nothing(
    watch: Watch, later: Desired | None, suspended: bool
) -> None:
    """The same again, no file any more, a pause: none of them wants another state."""
    written: list[bool] = []

    def write(_: Action) -> None:
        if not written:
            written.append(True)
            watch.want(later, suspended=suspended)

    watch.keeper.close()
    watch.engines.on_perform = write
    watch.want(wish(5))
    watch.run()
    assert watch.outcomes[0] is Outcome.CONVERGED
    assert watch.running == 6


def test_an_engine_error_in_the_middle_is_tried_again(watch: Watch) -> None:
    failing = [EngineError("engine-lost", "broke")]

    def lose(_: Action) -> None:
        if failing:
            raise failing.pop()

    watch.keeper.close()
    watch.engines.on_perform = lose
    watch.want(wish(5))
    watch.run(1)
    assert Outcome.CONVERGED in watch.outcomes
    assert watch.running == 6
