"""Where HAProxy takes traffic."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.bind import BIND_SHORT, Bind
from reconciler.topology.model.content import COMPRESSION_SHORT, MaybeCompression
from reconciler.topology.model.cors import CORS_SHORT, Cors
from reconciler.topology.model.errors import ErrorPages
from reconciler.topology.model.header import IdHeader
from reconciler.topology.model.jwt import JWT_SHORT, Jwt
from reconciler.topology.model.limits import (
    CONNECTION_SHORT,
    HEADERS_SHORT,
    ConnectionLimit,
    HeaderLimit,
    RateLimit,
)
from reconciler.topology.model.log import LOG_SHORT, Log
from reconciler.topology.model.marks import AsksAddress, HttpOnly, Protects
from reconciler.topology.model.match import Listed
from reconciler.topology.model.raw import RAW_SHORT, RawLines
from reconciler.topology.model.rule import Rule
from reconciler.topology.model.settings import FrontendTimeouts
from reconciler.topology.model.tls import TLS_SHORT, TO_TLS_SHORT, Hsts, Tls, ToTls
from reconciler.topology.model.types.scalar import Mode, Name, Size, Whole, error, listed


def _request_id(value: Any) -> Any:
    if isinstance(value, bool):
        return "X-Request-ID" if value else None
    return value


_FORWARDED = ("for", "proto", "host", "port")


def _parse_forwarded(value: Any) -> Any:
    """The two that belong together come with any other."""
    if isinstance(value, bool):
        return ["for", "proto"] if value else []
    items = listed(value)
    return [*(name for name in ("for", "proto") if name not in items), *items]


class Frontend(Model):
    """Where HAProxy takes traffic, and where it sends it."""

    bind: Annotated[
        tuple[Annotated[Bind, Field(json_schema_extra=accepts(*BIND_SHORT))], ...],
        BeforeValidator(listed),
    ] = Field(min_length=1, json_schema_extra=accepts_one)
    """Ports to listen on: `80`, `"127.0.0.1:8080"`, `8000-8010`, or a list of them."""
    mode: Mode | None = None
    """`http` or `tcp`; the mode of its backend when not given."""
    tls: Tls | None = Field(None, json_schema_extra=TLS_SHORT)
    """TLS on all of its ports that do not say their own: certificate files, or a mapping."""
    redirect: Annotated[ToTls | None, HttpOnly(on_key=False)] = Field(
        None, json_schema_extra=TO_TLS_SHORT
    )
    """`https` sends requests that come without TLS to the port that speaks it: of this frontend, or
    else of another. Of a trusted proxy, its `X-Forwarded-Proto` tells how the client came."""
    hsts: Annotated[Hsts | None, HttpOnly(on_key=False)] = Field(
        None, json_schema_extra=accepts({"enum": [True]}, {"type": "string"})
    )
    """Tell browsers to come with TLS only: `true` for half a year, a time like `365d`, or a
    mapping."""
    rules: tuple[Rule, ...] = ()
    """Where requests go, in order: the first rule that matches decides."""
    acme: Annotated[Name | None, HttpOnly(on_key=False)] = None
    """The backend that answers an authority's challenges for certificates: it gets what is asked
    for below `/.well-known/acme-challenge/`, whatever else would be done with such a request."""
    jwt: Annotated[Jwt | None, HttpOnly(), Protects()] = Field(None, json_schema_extra=JWT_SHORT)
    """A signed token that every request must carry, but for rules that say otherwise:
    `{algorithm: RS256, key: ./issuer.pem}`."""
    cors: Annotated[Cors | None, HttpOnly()] = Field(None, json_schema_extra=CORS_SHORT)
    """Which pages of other sites may read answers: an origin like `https://app.example.com`, a list
    of them, or a mapping."""
    forwarded_for: Annotated[
        tuple[Literal["for", "proto", "host", "port"], ...],
        BeforeValidator(_parse_forwarded),
        HttpOnly(on_key=False),
    ] = Field((), json_schema_extra=accepts({"type": "boolean"}, {"enum": list(_FORWARDED)}))
    """Tell servers the client's address in `X-Forwarded-For`, and how it came in
    `X-Forwarded-Proto`: `true`; or a list with `host` and `port`, for whom and where it asked. What
    clients say there themselves, or in `X-Real-IP`, is taken out."""
    trusted_proxies: Annotated[
        tuple[Listed, ...],
        BeforeValidator(listed),
        HttpOnly(on_key=False),
        AsksAddress("believes nobody"),
    ] = Field((), min_length=1, json_schema_extra=accepts_one)
    """Addresses of proxies before this one, whose `X-Forwarded-For` is believed: `10.0.0.0/8`, or
    `./proxies.txt` for a file with one in each line. Rules, limits and logs then see the client
    that it names."""
    allow: Annotated[tuple[Listed, ...], BeforeValidator(listed), AsksAddress("lets nobody in")] = (
        Field((), min_length=1, json_schema_extra=accepts_one)
    )
    """The only addresses that come in: `10.0.0.0/8`, or `./office.txt` for a file with one in each
    line. Others are answered with 403, or closed in `mode: tcp`."""
    deny: Annotated[
        tuple[Listed, ...], BeforeValidator(listed), AsksAddress("keeps nobody out")
    ] = Field((), min_length=1, json_schema_extra=accepts_one)
    """Addresses that do not come in, even if `allow` has them."""
    request_id: Annotated[IdHeader | None, BeforeValidator(_request_id), HttpOnly(on_key=False)] = (
        Field(None, json_schema_extra=accepts({"type": "boolean"}))
    )
    """Give each request an id in this header, and in logs; `true` for `X-Request-ID`. One that a
    trusted proxy gave stays, anybody else's is replaced."""
    log: Log | None = Field(None, json_schema_extra=accepts(*LOG_SHORT))
    """What is written of its traffic, in place of what `haproxy.log` says: `false` for nothing, a
    format, or a mapping."""
    rate_limit: Annotated[
        RateLimit | None,
        HttpOnly("counts requests of HTTP"),
        Protects(),
        AsksAddress("limits nobody"),
    ] = Field(None, json_schema_extra=accepts({"type": "string"}))
    """Requests that one client may send: `100/10s`, or a mapping. A reload does not forget them."""
    connection_limit: Annotated[
        ConnectionLimit | None, Protects(), AsksAddress("limits nobody")
    ] = Field(None, json_schema_extra=CONNECTION_SHORT)
    """Connections that one address may have: `20` at a time, new ones `50/10s`, or a mapping."""
    max_body: Annotated[Size | None, HttpOnly(), Protects()] = Field(None, ge=1, le=2**53)
    """The largest body of a request, by the length that it announces: `10m`. Larger ones are
    answered with 413."""
    max_headers: Annotated[HeaderLimit | None, HttpOnly(), Protects()] = Field(
        None, json_schema_extra=HEADERS_SHORT
    )
    """The headers that a request may have: `8k` for all of them together, or a mapping. More are
    answered with 431."""
    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that it takes at a time; more wait outside."""
    timeouts: FrontendTimeouts = FrontendTimeouts.model_construct()
    """Timeouts of its own, in place of those of `haproxy`."""
    errors: Annotated[ErrorPages, HttpOnly()] = Field(default_factory=dict)
    """Pages that HAProxy answers with itself, by status: `{404: ./not-found.html}`."""
    compression: Annotated[MaybeCompression, HttpOnly()] = Field(
        None, json_schema_extra=accepts(COMPRESSION_SHORT)
    )
    """Compress answers for clients that take it: `true`, `gzip`, or a mapping."""
    raw: RawLines = Field((), json_schema_extra=RAW_SHORT)
    """Lines for its section of haproxy.cfg as they are, before its rules."""
    default_backend: Name | None = None
    """The backend that gets the traffic, or what of it no rule matches. Without it, such requests
    are answered with 404, and such connections of `mode: tcp` closed."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.default_backend is None and not self.rules:
            raise error("missing-key", "`default_backend` or `rules` is required in a frontend")
        return self
