"""The Engine protocol upon a world in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from reconciler.desired.desired import Scope
from reconciler.engine.errors import EngineError, LockedError, no_lock_image
from reconciler.engine.memory.observe import list_topologies, observe
from reconciler.engine.memory.perform import perform
from reconciler.engine.memory.world import World
from reconciler.engine.protocol import Lock, Patience, Report, Wake
from reconciler.plan.action_labels import label_of
from reconciler.plan.actions import Action
from reconciler.plan.observed import Observed


def _let_it_be(_: Action) -> None:
    """The hook when none is given."""


class MemoryEngine:
    """An Engine whose containers are data. Answers at once; close it or not.

    `on_perform` is called before each action: what it raises is what becomes of the action, an
    EngineError as from Docker, anything else as a crash of this process. `performed` is what was
    done, in the order it ended.
    """

    def __init__(
        self,
        topology: str,
        world: World | None = None,
        on_perform: Callable[[Action], None] = _let_it_be,
    ) -> None:
        self._topology = topology
        self.world = world if world is not None else World()
        self.on_perform = on_perform
        self.performed: list[Action] = []

    @property
    def description(self) -> str:
        return "memory"

    def observe(self, scope: Scope) -> Observed:
        with self.world.mutex:
            self.world.answer()
            return observe(self.world, scope)

    def topologies(self) -> list[str]:
        with self.world.mutex:
            self.world.answer()
            return list_topologies(self.world)

    def perform(self, action: Action, patience: Patience, report: Report) -> None:  # noqa: ARG002  # nothing takes time here
        self.on_perform(action)
        with self.world.mutex:
            self.world.answer()
            try:
                perform(self.world, self._topology, action, report)
            except EngineError as error:
                raise _in_words(label_of(action), error) from error
            self.performed.append(action)

    @contextlib.contextmanager
    def lock(
        self,
        topology: str,
        holder: str,
        images: Sequence[str],
        timeout_s: float,  # noqa: ARG002  # who waits here waits forever
    ) -> Iterator[Lock]:
        """Given to one at a time. It is refused at once: nobody lets go of it meanwhile."""
        with self.world.mutex:
            self.world.answer()
            if not any(self.world.has_image(image) for image in images):
                raise no_lock_image(images)
            if topology in self.world.locks:
                raise LockedError(topology, self.world.locks[topology])
            lock = _Lock(self.world, topology, _Holder(holder))
            self.world.locks[topology] = lock.holder
        try:
            yield lock
        finally:
            with self.world.mutex:
                if lock.is_held():
                    del self.world.locks[topology]

    def close(self) -> None:
        """Nothing to let go of."""


class _Holder(str):
    """A text of its own for each lock: one that was lost is not the one that came after it."""

    __slots__ = ()


class _Lock(Struct, frozen=True):
    world: World
    topology: str
    holder: _Holder

    def is_held(self) -> bool:
        return self.world.locks.get(self.topology) is self.holder


class MemoryEngines:
    """Engines on one world, all with the same hook."""

    def __init__(
        self, world: World | None = None, on_perform: Callable[[Action], None] = _let_it_be
    ) -> None:
        self.world = world if world is not None else World()
        self.on_perform = on_perform

    def open(self, topology: str) -> MemoryEngine:
        self.world.answer()
        return MemoryEngine(topology, self.world, self.on_perform)

    @contextlib.contextmanager
    def wakeups(self, wake: Wake) -> Iterator[None]:
        self.world.listeners.append(wake)
        try:
            yield
        finally:
            self.world.listeners.remove(wake)


def _in_words(doing: str, error: EngineError) -> EngineError:
    """What the world refuses, with what was being done, as DockerEngine says it."""
    found = error.diagnostic
    if found.code != "engine-refused":
        return error
    return EngineError(found.code, f"{doing}: {found.message}", found.hint, found.details)
