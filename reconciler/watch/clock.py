"""The one place where time comes from for whoever waits; in tests, time is what they say."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since some moment. Never goes back, whatever is done to the time of day."""


class SystemClock:
    def now(self) -> float:
        return time.monotonic()
