"""Settings of a backend and of all its servers, as data (manual, 4.2 and 5.2)."""

from __future__ import annotations

from msgspec import Struct

AGENT_CHECK = "agent-check"
"""The keyword in `default-server` by which a backend with an agent check is recognized."""


Timeouts = tuple[tuple[str, float], ...]
"""Seconds by HAProxy's keyword. A timeout that is not in it is as `defaults` have it."""


class Agent(Struct, frozen=True):
    """HAProxy's agent check: a server says itself, on another port, how it is."""

    port: int
    interval_s: float


class Settings(Struct, frozen=True):
    """Settings of a backend. One that is None leaves what `defaults` says, or HAProxy itself."""

    timeouts: Timeouts = ()
    retries: int | None = None
    retry_on: tuple[str, ...] = ("conn-failure", "empty-response")
    """Failures after which a request that may be repeated is sent again; in `mode: http` alone."""
    fullconn: int | None = None
    minconn: int | None = None
    maxqueue: int | None = None
    slow_start_s: float | None = None
    agent: Agent | None = None
    http_reuse: str | None = None
    all_backups: bool = False
    on_marked_down: str | None = None
    on_marked_up: str | None = None


DEFAULT_SETTINGS = Settings()
