"""How one waits here: asks again until it holds, ever less often. The only place that sleeps.

`tries` is for what is awaited now, in a thread that has nothing else to do. `Backoff` is for who
comes back later: it tells how long, and sleeps no more than it looks at a clock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from reconciler.engine.protocol import CancelledError

FIRST_S, LONGEST_S = 0.02, 0.5
_REST = 20
"""No pause is longer than this many times the question before it: cheap ones are asked often."""

Jitter = Callable[[float, float], float]
"""A number between two: many daemons, or topologies, are not to act in step."""


def _never() -> bool:
    return False


def tries(
    timeout_s: float, is_cancelled: Callable[[], bool] = _never, longest_s: float = LONGEST_S
) -> Iterator[bool]:
    """Yields at growing intervals, the first time at once; True on the last time, when the time is
    over. Raises CancelledError."""
    deadline = time.monotonic() + timeout_s
    pause_s = FIRST_S
    while True:
        if is_cancelled():
            raise CancelledError
        asked = time.monotonic()
        yield asked >= deadline
        if asked >= deadline:
            return
        answered = time.monotonic()
        rest_s = min(longest_s, pause_s, (answered - asked) * _REST)
        # Not past the end, so that the last question is asked when it is due.
        time.sleep(min(max(FIRST_S, rest_s), max(0.0, deadline - answered)))
        pause_s *= 1.5


def doubled(first_s: float, longest_s: float, times: int) -> float:
    """A time that doubles so often, up to a bound."""
    return min(longest_s, first_s * 2.0 ** min(times, 30))


class Backoff:
    """Times to wait after one failure after another: twice as long each time, up to a bound."""

    def __init__(self, first_s: float, longest_s: float, jitter: Jitter = random.uniform) -> None:
        self._first_s, self._longest_s, self._jitter = first_s, longest_s, jitter
        self.failures = 0

    def fail(self) -> float:
        """Note a failure. How long to wait, in seconds."""
        full = doubled(self._first_s, self._longest_s, self.failures)
        self.failures += 1
        return self._jitter(full / 2, full)

    def reset(self) -> None:
        self.failures = 0
