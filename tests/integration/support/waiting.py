"""Waiting for conditions, with a bound: tests never wait for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONGEST_S = 90.0
"""What ends within a second here takes many on a machine that is busy with something else. It is
waited for in vain only by a test that fails."""


def await_true(condition: Callable[[], T], what: str, timeout_s: float = LONGEST_S) -> T:
    """The first true value of `condition`; AssertionError when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.05)
