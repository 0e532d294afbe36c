"""The latest repairs. The first two of a thing are made at once; one that goes on breaking
waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from reconciler.engine.waiting import Backoff

FREE = 2
"""How many repairs of one thing are made without a wait."""
BACKOFF = Backoff(2.0, 300.0)
FORGOTTEN_S = 60.0
"""How long a repair has to last until it is forgotten, and at least twice its last wait."""


class _Repair(Struct, frozen=True):
    count: int
    at: float
    again_at: float


class Repairs(Struct, frozen=True):
    """The last repair of each thing, by name."""

    lately: Mapping[str, _Repair] = field(default_factory=dict)

    def noted(self, names: Iterable[str], now: float) -> Repairs:
        """The same with repairs of these, made just now."""
        return Repairs({**self.lately, **{name: self._next(name, now) for name in names}})

    def _next(self, name: str, now: float) -> _Repair:
        before = self.lately.get(name)
        if before and now - before.at > max(FORGOTTEN_S, 2 * (before.again_at - before.at)):
            before = None
        count = before.count + 1 if before else 1
        wait_s = BACKOFF.wait_s(count - FREE + 1) if count >= FREE else 0.0
        return _Repair(count, now, now + wait_s)

    def wait_s(self, names: Iterable[str], now: float) -> float:
        """How long until these may be repaired. One that may be now takes the others with it."""
        waits = (self.lately[n].again_at - now if n in self.lately else 0.0 for n in names)
        return max(0.0, min(waits, default=0.0))
