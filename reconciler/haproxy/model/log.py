"""What HAProxy writes of traffic, as data."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class LogTarget(Struct, frozen=True):
    """Where logs go. `places` are `stdout`, `stderr`, or an address and port of syslog. A `sample`
    of (1, 10) writes the first of every ten lines."""

    places: tuple[str, ...] = ("stdout",)
    facility: str = "local0"
    level: str = "info"
    sample: tuple[int, int] = (1, 1)


DEFAULT_TARGET = LogTarget()


class Log(Struct, frozen=True):
    """The log of one frontend. `format` is `http`, `tcp`, `clf`, `json` or a format of HAProxy's
    own."""

    target: LogTarget | None
    """The target; None writes nothing."""
    format: str
    has_normal: bool
    has_null: bool
    path: Path
    """The place in the file that says most of it."""
