"""How much one client may have of a frontend, as data."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.errors import ErrorPage
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.model.routing import Condition


class RateLimit(Struct, frozen=True):
    """Requests that one client may send in a period, and those that may fail; None is no limit.
    Whom `allowed` matches has no limit."""

    requests: int | None
    period_s: float
    status: int
    allowed: Condition | None
    path: Path
    errors: int | None = None
    key: str = "src"
    """What a client is known by: its address, or a fetch of any text."""


class ConnectionLimit(Struct, frozen=True):
    """Connections that one address may have at a time, and new ones in a period; None is no limit.
    Whom one of `allowed` matches has no limit."""

    most: int | None
    rate: tuple[int, float] | None
    """How many, and in how many seconds."""
    allowed: tuple[Condition, ...]
    reads_proxy: bool
    """Whether some clients are known only when the PROXY protocol has told of them."""
    path: Path

    @property
    def period_s(self) -> float:
        """How long an address without connections is remembered."""
        return self.rate[1] if self.rate else 60.0


class HeaderLimit(Struct, frozen=True):
    """Headers that a request may have, in bytes and by their number; None is no limit. `page` is
    what more are answered with, None is an empty answer."""

    most_bytes: int | None
    most: int | None
    page: ErrorPage | None
    path: Path
