"""Frontends of a proxy, as data (manual, 4): what comes in, from whom, and where it goes."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.backend import Mode
from reconciler.haproxy.model.bind import Listener
from reconciler.haproxy.model.clients import Forwarding
from reconciler.haproxy.model.content import Compression
from reconciler.haproxy.model.cors import Cors
from reconciler.haproxy.model.errors import ErrorPage
from reconciler.haproxy.model.jwt import Jwt
from reconciler.haproxy.model.limits import ConnectionLimit, HeaderLimit, RateLimit
from reconciler.haproxy.model.log import Log
from reconciler.haproxy.model.origin import Path, RawLine
from reconciler.haproxy.model.routing import Access, Rule
from reconciler.haproxy.model.settings import Timeouts


class ToTls(Struct, frozen=True):
    """Where requests without TLS are sent."""

    port: int
    code: int


class Frontend(Struct, frozen=True):
    name: str
    mode: Mode
    listeners: tuple[Listener, ...]
    default_backend: str
    """Empty when there is none."""
    path: Path
    rules: tuple[Rule, ...] = ()
    """The first that matches decides."""
    acme: str = ""
    """The backend that answers challenges for certificates; empty when there is none."""
    sends_to: tuple[str, ...] = ()
    """All backends that may get traffic from it."""
    forwarding: Forwarding | None = None
    log: Log | None = None
    """Its own log; None has that of `defaults`."""
    access: Access | None = None
    """The clients that it serves; None serves everybody."""
    rate_limit: RateLimit | None = None
    connection_limit: ConnectionLimit | None = None
    max_body_bytes: int | None = None
    header_limit: HeaderLimit | None = None
    maxconn: int | None = None
    raw: tuple[RawLine, ...] = ()
    hsts: str = ""
    """The value of the header that is sent with answers over TLS."""
    to_tls: ToTls | None = None
    """Where requests without TLS are sent; None lets them in."""
    errors: tuple[ErrorPage, ...] = ()
    timeouts: Timeouts = ()
    compression: Compression | None = None
    cors: Cors | None = None
    jwt: Jwt | None = None
    """Like `cors`, it applies to all requests but those whose rules say otherwise."""
