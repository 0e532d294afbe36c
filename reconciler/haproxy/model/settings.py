"""What a backend says for itself, and of all its servers, as data (manual, 4.2 and 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

AGENT_CHECK = "agent-check"
"""A word of `default-server` by which such a backend is known again."""


Timeouts = tuple[tuple[str, float], ...]
"""Seconds by HAProxy's keyword; what is not in it is as `defaults` have it."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A second voice about a server, its own, on another port."""

    port: int
    interval_s: float


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a backend. One that is None leaves what `defaults` says, or HAProxy itself."""

    timeouts: Timeouts = ()
    retries: int | None = None
    retry_on: tuple[str, ...] = ("conn-failure", "empty-response")
    """What may be tried again, of requests that may be repeated; in `mode: http` alone."""
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
