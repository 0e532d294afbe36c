"""The settings of a run, which decide what its figures mean; the page says them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """In seconds. Long connections must stay for less than the first two, but for the endless."""

    drain_timeout: int = 10
    hard_stop_after: int = 15
    ready_timeout: int = 10
    apply_timeout: int = 12
    """For `--timeout`: how long an apply waits for an image that fails, where `ready_timeout` is
    not known."""
