"""A back-off says how long to wait after failures in a row. It has no clock and no dice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Times to wait, in seconds: twice as long each time, up to a bound."""

    first_s: float
    longest_s: float

    def wait_s(self, failures: int, luck: float = 1.0) -> float:
        """The wait after so many failures, the latest included.

        `luck`, from 0 to 1, spreads it over its second half: many that failed together are not
        to try again together.
        """
        full = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return full / 2 * (1 + luck)
