"""How one waits here: asks again until it holds, ever less often. The only place that sleeps.

`tries` is for what is awaited now, in a thread that has nothing else to do. `Backoff` is for who
comes back later: it tells how long, and does not sleep itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from msgspec import Struct

from reconciler.engine.errors import CancelledError

FIRST_S, LONGEST_S = 0.02, 0.5
_REST = 20
"""No pause is longer than this many times the question before it: cheap ones are asked often."""


def _never() -> bool:
    return False


def tries(
    timeout_s: float,
    is_cancelled: Callable[[], bool] = _never,
    longest_s: float = LONGEST_S,
    least_s: float = FIRST_S,
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
        time.sleep(min(max(least_s, rest_s), max(0.0, deadline - answered)))
        pause_s *= 1.5


class Backoff(Struct, frozen=True):
    """Times to wait, in seconds: twice as long each time, up to a bound. Has no clock and no dice:
    who calls has them."""

    first_s: float
    longest_s: float

    def wait_s(self, failures: int, luck: float = 1.0) -> float:
        """The wait after so many failures, the latest included.

        `luck`, from 0 to 1, spreads it over its second half: many that failed together are not
        to try again together.
        """
        full = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return full / 2 * (1 + luck)
