"""A daemon without threads: keepers that get their turns when a test says so, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.engine.errors import WATCHING
from reconciler.engine.memory import Container, MemoryEngines, World
from reconciler.engine.protocol import Wakeup
from reconciler.events.news import News, Noticed, Outcome, PassBegun, PassEnded
from reconciler.topology.model import Topology
from reconciler.watch.keeper import Keeper, WatchOptions
from reconciler.watch.mailbox import Goal


class VirtualClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time


class Ear:
    """A listener that hands on what it is told, and remembers what it must not show."""

    def __init__(self, tell: Callable[[str, News], None] = lambda *_: None) -> None:
        self._tell = tell
        self.hidden: set[str] = set()

    def __call__(self, topology: str, news: News) -> None:
        self._tell(topology, news)

    def hide(self, secrets: Sequence[str]) -> None:
        self.hidden |= {*secrets}


def wish(replicas: int = 2, **web: Any) -> Desired:
    """Two servers behind HAProxy."""
    topology = Topology.model_validate(
        {
            "name": "shop",
            "backends": {"web": {"image": "app:1", "port": 80, "replicas": replicas, **web}},
            "frontends": {"www": {"bind": 80, "default_backend": "web"}},
            "haproxy": {"image": "haproxy:1"},
        }
    )
    return compile_topology(topology, "/srv")


def with_a_worker(web: str, **more: Any) -> Desired:
    worker: dict[str, Any] = {"image": "app:1", "restart": "no", **more}
    topology = Topology.model_validate(
        {
            "name": "shop",
            "backends": {"web": {"image": web, "port": 80}, "worker": worker},
            "frontends": {"www": {"bind": 80, "default_backend": "web"}},
            "haproxy": {"image": "haproxy:1"},
        }
    )
    return compile_topology(topology, "/srv")


class Watch:
    """One keeper of `shop`. `run(seconds)` gives it every turn that is due in this time."""

    def __init__(
        self, world: World | None = None, clock: VirtualClock | None = None, **options: Any
    ) -> None:
        self.world = world if world is not None else World()
        self.clock = clock or VirtualClock()
        self.engines = MemoryEngines(self.world)
        self.is_stopping = False
        self.news: list[News] = []
        settings = {
            "holder": f"test{WATCHING}",
            "jitter": lambda _, high: high,
            "parallelism": 1,
            **options,
        }
        self.keeper = Keeper(
            "shop",
            self.engines,
            WatchOptions(**settings),
            self.clock,
            lambda _, news: self.news.append(news),
            lambda: self.is_stopping,
        )
        self.world.listeners.append(self.wake)
        self.next_at: float | None = self.clock.now()

    def wake(self, wakeup: Wakeup) -> None:
        if wakeup.topology in {"", "shop"}:
            self.keeper.mail.put(wakeup.cause, is_urgent=not wakeup.topology)
            self.next_at = self.clock.now()

    def want(self, desired: Desired | None, cause: str = "file changed", **more: bool) -> None:
        self.keeper.mail.put(cause, goal=Goal(desired, **more))
        self.next_at = self.clock.now()

    def turn(self) -> None:
        self.next_at = None  # a wakeup from within the turn sets it again
        rest = self.keeper.turn()
        if rest is not None and self.next_at is None:
            self.next_at = self.clock.now() + rest

    def run(self, seconds: float = 0.0, most_turns: int = 100_000) -> int:
        """How many turns it took. Fails when it turns without end."""
        end = self.clock.time + seconds
        turns = 0
        while self.next_at is not None and self.next_at <= end:
            self.clock.time = max(self.clock.time, self.next_at)
            self.turn()
            turns += 1
            assert turns < most_turns, "it turns and turns"
        self.clock.time = end
        return turns

    # -- what it told -----------------------------------------------------------------------

    @property
    def passes(self) -> list[PassEnded]:
        return [news for news in self.news if isinstance(news, PassEnded)]

    @property
    def outcomes(self) -> list[Outcome]:
        return [ended.outcome for ended in self.passes]

    @property
    def notices(self) -> list[str]:
        return [news.what for news in self.news if isinstance(news, Noticed)]

    @property
    def begun(self) -> list[str]:
        """The causes of passes that found something to do."""
        return [news.cause for news in self.news if isinstance(news, PassBegun)]

    def forget(self) -> None:
        self.news.clear()

    # -- what is there ----------------------------------------------------------------------

    def server(self, number: int = 1) -> str:
        """The id of a replica's container."""
        return next(
            c.id
            for c in self.world.containers.values()
            if c.owner == "shop" and c.slot.number == number and c.slot.backend == "web"
        )

    @property
    def running(self) -> int:
        return sum(
            c.owner == "shop" and c.state == "running" for c in self.world.containers.values()
        )


def worker(watch: Watch) -> Container:
    (found,) = (c for c in watch.world.containers.values() if c.slot.backend == "worker")
    return found
