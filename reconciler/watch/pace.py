"""How soon something is tried again. No clock here: who calls says what time it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Jitter = Callable[[float, float], float]
"""A number between two: many daemons, or topologies, are not to act in step."""


class Backoff:
    """Times to wait after one failure after another: twice as long each time, up to a bound."""

    def __init__(self, first_s: float, longest_s: float, jitter: Jitter = random.uniform) -> None:
        self._first_s, self._longest_s, self._jitter = first_s, longest_s, jitter
        self.failures = 0

    def fail(self) -> float:
        """Note a failure. How long to wait, in seconds."""
        self.failures += 1
        full = min(self._longest_s, self._first_s * 2.0 ** min(self.failures - 1, 30))
        return self._jitter(full / 2, full)

    def reset(self) -> None:
        self.failures = 0


@dataclass(frozen=True, slots=True)
class _Repair:
    count: int
    at: float
    again_at: float


class Repairs:
    """What was repaired lately. The first two times cost nothing; what goes on breaking waits."""

    FREE = 2
    FIRST_S, LONGEST_S = 2.0, 300.0
    FORGOTTEN_S = 60.0
    """What lasts for so long, and for twice its last wait, begins anew."""

    def __init__(self) -> None:
        self._lately: dict[str, _Repair] = {}

    def note(self, names: Iterable[str], now: float) -> None:
        for name in names:
            before = self._lately.get(name)
            wait_s = before.again_at - before.at if before else 0.0
            if before and now - before.at > max(self.FORGOTTEN_S, 2 * wait_s):
                before = None
            count = before.count + 1 if before else 1
            doublings = min(count - self.FREE, 30)
            wait_s = min(self.LONGEST_S, self.FIRST_S * 2.0**doublings) if doublings >= 0 else 0.0
            self._lately[name] = _Repair(count, now, now + wait_s)

    def wait_s(self, names: Iterable[str], now: float) -> float:
        """How long until these may be repaired. One that may be now takes the others with it."""
        waits = (self._lately[n].again_at - now if n in self._lately else 0.0 for n in names)
        return max(0.0, min(waits, default=0.0))

    def reset(self) -> None:
        self._lately.clear()
