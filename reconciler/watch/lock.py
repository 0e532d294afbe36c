"""A topology's lock, held from one pass to the next: a pass then costs no more than a look."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from msgspec.structs import replace

from reconciler.desired.desired import Desired
from reconciler.engine.errors import EngineError, LockedError
from reconciler.engine.protocol import Engine, Lock, Patience
from reconciler.run.apply import ApplyOptions, held


class TopologyLock:
    """The lock as one keeper has it. `notice` is called with what becomes of it. For one thread."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._lock: Lock | None = None
        self._held = contextlib.ExitStack()
        self._stood_by = False
        """Somebody else had it when it was last wanted."""

    def take(
        self, desired: Desired, engine: Engine, options: ApplyOptions, patience: Patience
    ) -> None:
        """Take the lock, unless it is held. Raises LockedError when somebody else has it."""
        if self._lock is not None:
            if self._lock.is_held():
                return
            self._notice("the lock was lost, and is taken again")
        self.let_go()
        # What matters here are images to make a lock of; HAProxy is not disturbed for that.
        observed = engine.observe(replace(desired.scope(), reads_proxy=False))
        try:
            self._lock = self._held.enter_context(
                held(desired, observed, engine, options, patience, _quiet)
            )
        except LockedError:
            self._stood_by = True
            raise
        if self._stood_by:
            self._stood_by = False
            self._notice("took over")

    def let_go(self) -> None:
        """Release the lock, also one that the engine has lost already."""
        self._lock = None
        with contextlib.suppress(EngineError):
            self._held.close()


def _quiet(_: object) -> None:
    """The lock is not waited for, so there is nothing to tell."""
