"""Who a client is, to lines of a frontend's section that come before all that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.clients import Forwarding
from reconciler.haproxy.model.known import SCHEME
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.render.pattern import acl_lines

_HOPS = 5
"""The most trusted proxies in a row that are looked through."""


def forwarding_lines(forwarding: Forwarding) -> Iterator[Line]:
    """The lines for forwarding headers. Those that an untrusted client sends are removed before
    anything reads them. Servers get the whole X-Forwarded-For, in which each proxy names the peer
    that it saw, so HAProxy adds its own peer before it looks for the client."""
    told, trusted = (*forwarding.path, "forwarded_for"), (*forwarding.path, "trusted_proxies")
    if forwarding.trusted:
        yield from acl_lines("trusted-proxy", forwarding.trusted)
    at = trusted if forwarding.trusted else told
    unless = " unless trusted-proxy" if forwarding.trusted else ""
    if forwarding.tells or forwarding.trusted:
        yield Line(f"    http-request del-header X-Forwarded- -m beg{unless}", at)
        yield Line(f"    http-request del-header Forwarded{unless}", at)
        yield Line(f"    http-request del-header X-Real-IP{unless}", at)
    if forwarding.request_id:
        yield from _request_id(forwarding.request_id, unless, (*forwarding.path, "request_id"))
    if forwarding.asks_scheme:
        yield from _scheme(at, is_told=forwarding.trusted is not None)
    if forwarding.tells:
        yield Line(
            "    http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)] "
            "unless { req.hdr(X-Forwarded-Proto) -m found }",
            told,
        )
        for header, sample in forwarding.more:
            yield Line(
                f"    http-request set-header {header} %[{sample}] "
                f"unless {{ req.hdr({header}) -m found }}",
                told,
                (told,),
            )
        known = " if { src -m found }" if forwarding.has_sockets else ""
        yield Line(f"    http-request add-header X-Forwarded-For %[src]{known}", told)
    if forwarding.trusted:
        yield from _through_proxies(2 if forwarding.tells else 1, trusted)


def _request_id(header: str, unless: str, path: Path) -> Iterator[Line]:
    """A variable holds it, since logs are written when the request's headers are gone."""
    yield Line("    unique-id-format %[var(txn.request_id)]", path)
    yield Line(f"    http-request del-header {header}{unless}", path)
    yield Line(
        f"    http-request set-header {header} %[uuid] unless {{ req.fhdr({header}) -m found }}",
        path,
    )
    yield Line(f"    http-request set-var(txn.request_id) req.fhdr({header})", path)


def _scheme(path: Path, *, is_told: bool) -> Iterator[Line]:
    """The scheme the client came by: the first of several that a trusted proxy says, if there are
    any. A connection that becomes a WebSocket has schemes of its own for some proxies."""
    if not is_told:
        yield Line("    http-request set-var(txn.scheme) ssl_fc,iif(https,http)", path)
        return
    said = "req.hdr(X-Forwarded-Proto,1),lower,regsub(^ws,http)"
    yield Line(f"    http-request set-var(txn.scheme) {said}", path)
    yield Line(
        "    http-request set-var(txn.scheme) ssl_fc,iif(https,http) "
        f"unless {{ {SCHEME} -m found }}",
        path,
    )


def _through_proxies(last: int, path: Path) -> Iterator[Line]:
    """Addresses are taken from the end, while they are a trusted proxy's; what is before something
    that is no address may be anybody's word. `last` is where the entry of the peer stands, from the
    end."""
    for position in range(last, last + _HOPS):
        # Each line trusts the address that the line before it has set: at the first that is no
        # trusted proxy's the others do nothing.
        after = f" {{ {_entry(position - 1)} -m found }}" if position > 1 else ""
        yield Line(f"    http-request set-src {_entry(position)} if trusted-proxy{after}", path)


def _entry(position: int) -> str:
    return f"req.hdr_ip(X-Forwarded-For,-{position})"
