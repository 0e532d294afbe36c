"""The daemon's loop in virtual time: whatever happens and in whatever order, the file wins.

Files change, break, vanish and come back; containers are killed; the engine fails, goes away and
comes back; and all of it also in the middle of a pass. Each history is a seed, so it can be played
again.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from functools import cache

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import Image, MemoryEngines, World
from reconciler.engine.protocol import Wakeup
from reconciler.events.news import News, Outcome, PassEnded
from reconciler.plan.actions import Action
from reconciler.run.compiled import CompiledTopology
from reconciler.topology.load import load_topology
from reconciler.watch.follower import Broken, Follower, Reading
from reconciler.watch.keeper import Keeper, WatchOptions
from reconciler.watch.mailbox import Goal
from tests.property.worlds import BREAKS, ONE_BY_ONE, foreigners, new_world, plan_of
from tests.unit.watch.watching import Ear, VirtualClock

HISTORIES = 1000
CHUNK = 50
LONGEST_PAUSE_S = 700.0
"""After so long at most, without anything happening, all is as the file says."""

FILE = """
name: shop
suspend: {suspend}
backends:
  web: {{image: "app:{version}", port: 80, replicas: {replicas}, restart: "no"}}
frontends:
  www: {{bind: 80, default_backend: web}}
haproxy: {{image: "haproxy:1"}}
"""


@cache  # histories have few files between them
def _compiled(text: str, name: str) -> CompiledTopology:
    loaded = load_topology(text.encode(), name, {})
    assert loaded.topology is not None
    return CompiledTopology(loaded, compile_topology(loaded.topology, "/srv"))


class Play:
    """A daemon's parts without its threads, and one topology's file."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311  # not for secrets
        self.world = new_world()
        self.world.images["app:3"] = Image("sha256:3", serves=False)
        self.foreign = foreigners(self.world)
        self.clock = VirtualClock()
        self.engines = MemoryEngines(self.world, self._in_the_middle)
        self.keepers: dict[str, Keeper] = {}
        self.news: list[News] = []
        self.compiled: CompiledTopology | None = None
        self.broken = 0
        self.disturbances = 0
        self.failures = 0
        self.is_stopping = False
        self.follower = Follower(self, Ear(self._tell), prune=False)
        self.world.listeners.append(self._wake)
        self.next_at: float | None = None
        self.file_says()

    # -- the daemon ---------------------------------------------------------------------------

    def write(self, topology: str, cause: str, goal: Goal) -> None:
        if topology not in self.keepers:
            options = WatchOptions(
                holder="play (watch)", jitter=self.dice.uniform, parallelism=ONE_BY_ONE
            )
            self.keepers[topology] = Keeper(
                topology, self.engines, options, self.clock, self._tell, lambda: self.is_stopping
            )
        self.next_at = self.clock.now()
        self.keepers[topology].mail.put(cause, goal=goal)

    def _tell(self, _: str, news: News) -> None:
        self.news.append(news)

    def _wake(self, wakeup: Wakeup) -> None:
        for keeper in self.keepers.values():
            if wakeup.topology in {"", keeper.topology}:
                keeper.mail.put(wakeup.cause, is_urgent=not wakeup.topology)
                self.next_at = self.clock.now()

    def pass_time(self, seconds: float) -> None:
        end, turns = self.clock.time + seconds, 0
        while self.next_at is not None and self.next_at <= end:
            self.clock.time = max(self.clock.time, self.next_at)
            self.next_at = None
            for keeper in list(self.keepers.values()):
                rest = keeper.turn()
                if rest is not None and self.next_at is None:
                    self.next_at = self.clock.now() + rest
            turns += 1
            assert turns < 60 + seconds, "passes without end"
        self.clock.time = end

    def restart(self) -> None:
        """The daemon is killed, at whatever point, and started again."""
        self.keepers.clear()
        self.world.locks.clear()
        self.follower = Follower(self, Ear(self._tell), prune=False)
        self.read()

    # -- what happens -------------------------------------------------------------------------

    def _in_the_middle(self, _: Action) -> None:
        """Before each action, as long as the history lasts."""
        if self.disturbances and self.dice.random() < 0.1:
            self.disturbances -= 1
            self.dice.choice([self.break_something, self.file_says, self.file_breaks])()
        if self.failures and self.dice.random() < 0.3:
            self.failures -= 1
            raise EngineError(self.dice.choice(["engine-lost", "internal"]), "injected")

    def file_says(self) -> None:
        self._write(version=self.dice.randint(1, 2))

    def file_suspends(self) -> None:
        self._write(version=self.dice.randint(1, 2), suspend=True)

    def file_says_what_fails(self) -> None:
        self._write(version=3)

    def _write(self, *, version: int, suspend: bool = False) -> None:
        text = FILE.format(
            suspend=str(suspend).lower(), version=version, replicas=self.dice.randint(0, 4)
        )
        name = self.dice.choice(["shop.yaml", "renamed.yaml"])
        self.compiled = _compiled(text, name)
        self.broken = 0
        self.read()

    def file_breaks(self) -> None:
        self.broken += 1
        self.read()

    def file_vanishes(self) -> None:
        self.compiled = None
        self.read()

    def read(self) -> None:
        file = self.compiled.loaded.file if self.compiled else "shop.yaml"
        if self.broken:
            self.follower.follow(Reading(broken={file: Broken((), str(self.broken))}))
        elif self.compiled is None:
            self.follower.follow(Reading())
        else:
            self.follower.follow(Reading(good={"shop": self.compiled}))

    def break_something(self) -> None:
        ours = sorted((c for c in self.world.containers.values() if c.owner), key=lambda c: c.id)
        if ours and not self.world.is_away:
            with contextlib.suppress(EngineError):
                name = self.dice.choice(sorted(BREAKS.keys() - {"lose a network"}))
                BREAKS[name](self.world, self.dice.choice(ours))

    def engine_leaves(self) -> None:
        self.world.leave()

    def engine_comes_back(self) -> None:
        if self.world.is_away:
            self.world.come_back()

    def locks_are_lost(self) -> None:
        self.world.locks.clear()

    def steps_will_fail(self) -> None:
        self.failures = self.dice.randint(1, 4)

    def disturb_the_next_pass(self) -> None:
        self.disturbances = self.dice.randint(1, 3)

    def time_passes(self) -> None:
        self.pass_time(self.dice.choice([0.0, 0.1, 3.0, 90.0, 400.0]))

    @property
    def events(self) -> list[Callable[[], None]]:
        return [
            self.file_says,
            self.file_says_what_fails,
            self.file_suspends,
            self.file_breaks,
            self.file_vanishes,
            self.break_something,
            self.break_something,
            self.break_something,
            self.engine_leaves,
            self.engine_comes_back,
            self.locks_are_lost,
            self.steps_will_fail,
            self.disturb_the_next_pass,
            self.restart,
            self.time_passes,
            self.time_passes,
            self.time_passes,
        ]

    def calm_down(self) -> None:
        self.failures = self.disturbances = 0
        self.engine_comes_back()
        self.file_says()


@pytest.mark.parametrize("first", range(0, HISTORIES, CHUNK))
def test_the_file_wins(first: int) -> None:
    for seed in range(first, first + CHUNK):
        play = Play(seed)
        for _ in range(play.dice.randint(1, 12)):
            play.dice.choice(play.events)()
        play.calm_down()
        play.pass_time(LONGEST_PAUSE_S)
        assert play.compiled is not None
        left = plan_of(play.world, play.compiled.desired)
        assert left.is_empty, (seed, left.changes, left.problems, play.news[-3:])
        assert foreigners(play.world) == play.foreign, seed
        assert list(play.world.locks.values()) == ["play (watch)"], seed
        play.news.clear()
        play.pass_time(LONGEST_PAUSE_S)
        ended = [news for news in play.news if isinstance(news, PassEnded)]
        assert {e.outcome for e in ended} == {Outcome.UNCHANGED}, seed
        assert len(ended) <= 4, (seed, "it is quiet when nothing happens")


@pytest.mark.parametrize("seed", range(100))
def test_asked_to_stop_at_any_point(seed: int) -> None:
    """The step that runs is finished, none is begun, and no turn is wanted any more."""
    play = Play(seed)
    left = play.dice.randint(0, 20)
    performed = 0

    def count(_: Action) -> None:
        nonlocal performed
        performed += 1
        assert not play.is_stopping, "a step began after the word to stop"
        play.is_stopping = performed > left

    play.engines.on_perform = count
    play.pass_time(1000)
    play.is_stopping = True
    for keeper in play.keepers.values():
        assert keeper.turn() is None
        keeper.close()
    assert play.world.locks == {}


def test_a_world_is_left_alone_by_a_daemon_without_files() -> None:
    world = World()
    Follower(_Nobody(), Ear(), prune=True).follow(Reading())
    assert world.containers == {}


class _Nobody:
    def write(self, topology: str, cause: str, goal: Goal) -> None:
        raise AssertionError(topology, cause, goal)
