"""Health checks of a backend's servers, as data (manual, 4.2 "option httpchk" and 5.2 "check")."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class Request(Struct, frozen=True):
    """A request that a server is asked over HTTP."""

    url: str
    host: str
    method: str
    status: str
    disable_on_404: bool = False


class Greeting(Struct, frozen=True):
    """What HAProxy says as a client of a database or of mail would."""

    kind: Literal["pgsql", "mysql", "redis", "smtp", "ldap"]
    name: str = ""
    """A user's, or that of the host who greets; "" for none."""


class Step(Struct, frozen=True):
    """Bytes that are sent, or must come."""

    sends: bool
    content: str
    path: Path


class Observed(Struct, frozen=True):
    """What of the traffic counts as a check."""

    layer: str
    limit: int | None
    then: str | None


class Check(Struct, frozen=True):
    """A health check. `asks` is what is said on the connection; None and no steps mean that it is
    only opened."""

    asks: Request | Greeting | tuple[Step, ...] | None
    interval_s: float
    timeout_s: float | None
    rise: int
    fall: int
    path: Path
    port: int | None = None
    """Another port than that of the traffic."""
    fast_s: float | None = None
    down_s: float | None = None
    observes: Observed | None = None
