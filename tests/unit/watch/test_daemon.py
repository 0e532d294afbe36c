"""The threads, with an engine in memory: started, woken, and ended."""

from __future__ import annotations

import threading

import pytest

from reconciler.engine.memory import MemoryEngine, MemoryEngines, World
from reconciler.events.news import News, Outcome, PassEnded
from reconciler.plan.actions import Action
from reconciler.watch.daemon import LONGEST_LOOK_S, Daemon
from reconciler.watch.keeper import WatchOptions
from reconciler.watch.mailbox import Goal
from tests.integration.support.waiting import LONGEST_S, await_true
from tests.unit.watch.watching import Ear, VirtualClock, wish


class Running:
    """A daemon that runs in a thread, as its command does in the main one."""

    def __init__(self) -> None:
        self.world = World()
        self.engines = MemoryEngines(self.world)
        self.news: list[News] = []
        options = WatchOptions(holder="test (watch)")
        self.daemon = Daemon(self.engines, options, lambda _, news: self.news.append(news))
        self._end = threading.Event()
        self._thread = threading.Thread(
            target=self.daemon.run, args=(self._follow, self._end.wait), daemon=True
        )

    def _follow(self) -> None:
        self.daemon.write("shop", "start", Goal(wish()))

    def __enter__(self) -> Running:
        self._thread.start()
        await_true(lambda: Outcome.UNCHANGED in self.outcomes, "it has converged")
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> bool:
        self._end.set()
        self._thread.join(10)
        return self.daemon.join(10)

    def hold(self) -> tuple[threading.Event, threading.Event]:
        """Let each step wait. The first event is set when one has begun, the second lets it go."""
        begun, go_on = threading.Event(), threading.Event()

        def wait(_: Action) -> None:
            begun.set()
            go_on.wait(LONGEST_S)

        engine = self.daemon._keepers["shop"]._engine
        assert isinstance(engine, MemoryEngine)
        engine.on_perform = wait
        return begun, go_on

    @property
    def outcomes(self) -> list[Outcome]:
        return [news.outcome for news in self.news if isinstance(news, PassEnded)]

    @property
    def running(self) -> int:
        return sum(c.state == "running" for c in self.world.containers.values())


@pytest.fixture
def running() -> Running:
    return Running()


def test_it_heals_and_ends(running: Running) -> None:
    with running:
        assert running.daemon.find_trouble() == ""
        running.world.kill(next(c.id for c in running.world.containers.values() if c.slot.backend))
        await_true(lambda: running.running == 3, "healed")
        assert running.end()
    assert running.world.locks == {}
    assert running.world.listeners == []


def test_a_step_that_does_not_end_is_not_waited_for(running: Running) -> None:
    with running:
        begun, stuck = running.hold()
        running.daemon.write("shop", "edit", Goal(wish(3)))
        assert begun.wait(LONGEST_S)
        running._end.set()
        running._thread.join(10)
        assert not running.daemon.join(0.2)
        stuck.set()
        assert running.daemon.join(10)


def test_a_topology_that_was_removed_may_come_again(running: Running) -> None:
    with running:
        emptied = wish().emptied()
        running.daemon.write("shop", "gone", Goal(emptied, forget=True))
        await_true(lambda: running.running == 0, "removed")
        await_true(lambda: not running.daemon._keepers, "done")
        assert running.daemon.find_trouble() == ""
        assert running.world.locks == {}
        running.daemon.write("shop", "new", Goal(wish()))
        await_true(lambda: running.running == 3, "there again")


def test_a_topology_may_come_again_while_it_is_removed(running: Running) -> None:
    with running:
        begun, back = running.hold()
        running.daemon.write("shop", "gone", Goal(wish().emptied(), forget=True))
        assert begun.wait(LONGEST_S)
        running.daemon.write("shop", "back", Goal(wish()))
        back.set()
        await_true(lambda: running.outcomes[-1] is Outcome.UNCHANGED, "all was done")
        await_true(lambda: running.running == 3, "there again")


def test_a_topology_of_which_nothing_is_left_ends_and_may_come_again(running: Running) -> None:
    with running:
        running.world.containers.clear()
        listeners = list(running.world.listeners)
        running.world.listeners.clear()  # nobody rings
        running.daemon.write("shop", "gone", Goal(wish().emptied(), forget=True))
        await_true(lambda: not running.daemon._keepers, "done")
        assert running.world.locks == {}
        running.world.listeners += listeners
        running.daemon.write("shop", "back", Goal(wish()))
        await_true(lambda: running.running == 3, "there again")


def test_everybody_is_asked_to_look(running: Running) -> None:
    with running:
        running.daemon.reconcile_now("asked by SIGHUP")
        await_true(
            lambda: any(
                isinstance(n, PassEnded) and n.cause == "asked by SIGHUP" for n in running.news
            ),
            "it looked",
        )


def test_it_is_not_well_once_nobody_looks_at_the_files(running: Running) -> None:
    clock = VirtualClock()
    daemon = Daemon(running.engines, WatchOptions(holder="test"), Ear(), clock)
    clock.time += LONGEST_LOOK_S
    assert daemon.find_trouble() == ""
    clock.time += 1
    assert daemon.find_trouble() == "nobody has looked at the files for 61 s"
    daemon.note_look()
    assert daemon.find_trouble() == ""
