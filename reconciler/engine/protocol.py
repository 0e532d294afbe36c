"""What the rest of the package may ask of an engine. Docker is one; a cluster may be another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.desired.desired import Scope
from reconciler.diagnostics.diagnostic import Related
from reconciler.plan.actions import Action
from reconciler.plan.observed import Observed


class Progress(Struct, frozen=True):
    """How far a long action is. `total` is None when it is not known; units are bytes."""

    done: int
    total: int | None


def _never() -> bool:
    return False


class Patience(Struct, frozen=True):
    """How long waits may last, in seconds, and whether they should be given up."""

    timeout_s: float = 60.0
    is_cancelled: Callable[[], bool] = field(default=_never)

    def within(self, timeout_s: float | None) -> Patience:
        """The same with a time of its own; None leaves it."""
        return self if timeout_s is None else replace(self, timeout_s=timeout_s)


class Closed(Struct, frozen=True):
    """How long listening ports were closed, in seconds, by an action that closes them."""

    for_s: float


class Warned(Struct, frozen=True):
    """What HAProxy warns of in a configuration that it accepts, each at its line of haproxy.cfg."""

    of: tuple[Related, ...]


Report = Callable[[Progress | Closed | Warned], None]


class Wakeup(Struct, frozen=True):
    """Something that a topology consists of may have changed. Whoever is woken looks for himself.

    `topology` is "" when it may be any of them. `cause` is for people: `container web-2 died`.
    """

    topology: str
    cause: str


Wake = Callable[[Wakeup], None]
"""Returns at once, and may be called from any thread."""


class Lock(Protocol):
    """A topology that nobody else changes."""

    def is_held(self) -> bool:
        """Whether it still is so. Asks nobody: an engine that restarts ends all locks."""


class Engine(Protocol):
    """All methods may raise EngineError, and may be called from several threads."""

    @property
    def description(self) -> str:
        """Where the engine is: `unix:///var/run/docker.sock`."""

    def observe(self, scope: Scope) -> Observed:
        """What is there of a topology. Changes nothing. What cannot be read is a gap."""

    def topologies(self) -> Sequence[str]:
        """The names of all topologies that have made anything here, in their order."""

    def perform(self, action: Action, patience: Patience, report: Report) -> None:
        """Carry out one action. Repeating one that was done already succeeds."""

    def lock(
        self, topology: str, holder: str, images: Sequence[str], timeout_s: float
    ) -> AbstractContextManager[Lock]:
        """Keep every other run away from a topology, for as long as this process lives."""

    def close(self) -> None:
        """Let go of connections."""


class Engines(Protocol):
    """Where engines come from, one for each topology, and what happens to all of them."""

    def open(self, topology: str) -> Engine:
        """The engine for one topology's actions. Raises EngineError when none answers."""

    def wakeups(self, wake: Wake) -> AbstractContextManager[None]:
        """Call `wake` for all that happens to any topology, until the context ends.

        What happens after this has returned is not missed: an engine that goes away and comes back
        is a wakeup of its own, after it was subscribed to again. Never raises EngineError.
        """
