"""A bounded load of requests of any kind, and a count of those that failed."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from tests.integration.support.traffic import LONGEST_S
from tests.integration.support.waiting import await_true
from tests.integration.support.web import Response

MOST = 200_000


class Visitors:
    """They ask one after another while the context lasts. Any answer but 200 is a failure.

    For at most `LONGEST_S` seconds, and with at most `MOST` requests each.
    """

    def __init__(self, ask: Callable[[], Response], number: int = 2, pause_s: float = 0.0) -> None:
        self.served = 0
        self.failures: list[str] = []
        self._ask, self._number, self._pause_s = ask, number, pause_s
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(number)

    def __enter__(self) -> Visitors:
        for _ in range(self._number):
            self._pool.submit(self._run)
        self.go_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._pool.shutdown()

    def go_on(self, requests: int = 10) -> None:
        """Wait until so many more have been answered."""
        enough = self.served + requests
        await_true(lambda: self.served >= enough or self.failures, f"{requests} more requests")

    def _run(self) -> None:
        end = time.monotonic() + LONGEST_S
        for _ in range(MOST):
            if self._stop.wait(self._pause_s) or time.monotonic() > end:
                break
            try:
                status = self._ask().status
            except (OSError, http.client.HTTPException) as problem:
                self.failures.append(repr(problem))
            else:
                self.served += status == 200
                self.failures += [] if status == 200 else [str(status)]
