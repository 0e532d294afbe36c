"""Limits for each client to lines of a frontend's section."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.limits import ConnectionLimit, HeaderLimit, RateLimit
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.render.errors import page_words
from reconciler.haproxy.render.pattern import acl_lines
from reconciler.haproxy.render.peers import KEPT, connection_table
from reconciler.haproxy.render.quoting import format_duration


def request_lines(limit: RateLimit) -> Iterator[Line]:
    """Addresses without a limit are not counted; an address of IPv4 fits in a table of IPv6. Of a
    text its digest is kept, which has one length, and tells nobody the key of an API."""
    period = format_duration(limit.period_s)
    path, values = limit.path, (limit.path,)
    bounds = {
        f"http_req_rate({period})": ("sc_http_req_rate(0)", limit.requests),
        f"http_err_rate({period})": ("sc_http_err_rate(0)", limit.errors),
    }
    counted = {what: bound for what, bound in bounds.items() if bound[1] is not None}
    kind, key = ("ipv6", "src") if limit.key == "src" else ("binary len 20", f"{limit.key},sha1")
    counts = f"store {','.join(counted)} {KEPT}"
    yield Line(f"    stick-table type {kind} size 100k expire {period} {counts}", path, values)
    if limit.allowed:
        yield from acl_lines("not-limited", limit.allowed)
    unless = " unless not-limited" if limit.allowed else ""
    yield Line(f"    http-request track-sc0 {key}{unless}", path, values)
    over = " || ".join(f"{{ {rate} gt {most} }}" for rate, most in counted.values())
    yield Line(
        f"    http-request deny status {limit.status} default-errorfiles if {over}", path, values
    )


def connection_lines(limit: ConnectionLimit, frontend: str) -> Iterator[Line]:
    """The lines that count and reject connections, as early as the client is known: before TLS,
    unless a PROXY header names the client. They use the counter `sc2`, which raw lines are least
    likely to have."""
    stage = "session" if limit.reads_proxy else "connection"
    path, values = limit.path, (limit.path,)
    for condition in limit.allowed:
        yield from acl_lines("not-counted", condition)
    unless = " unless not-counted" if limit.allowed else ""
    yield Line(
        f"    tcp-request {stage} track-sc2 src table {connection_table(frontend)}{unless}", path
    )
    if limit.most is not None:
        yield Line(
            f"    tcp-request {stage} reject if {{ sc_conn_cur(2) gt {limit.most} }}", path, values
        )
    if limit.rate is not None:
        yield Line(
            f"    tcp-request {stage} reject if {{ sc_conn_rate(2) gt {limit.rate[0]} }}",
            path,
            values,
        )


def body_line(most_bytes: int, path: Path) -> Line:
    """The line that refuses a long body: by the length it announces, else by what came so far."""
    return Line(
        "    http-request deny status 413 default-errorfiles "
        f"if {{ req.fhdr(content-length) -m int gt {most_bytes} }} "
        f"|| {{ req.body_size gt {most_bytes} }}",
        path,
        (path,),
    )


def header_line(limit: HeaderLimit) -> Line:
    """The request line is not counted, the empty one at the end is. Of 431 HAProxy has no page, so
    there is none to take over from `http-error`."""
    bounds = (("req.hdrs,length", limit.most_bytes), ("req.fhdr_cnt", limit.most))
    over = " || ".join(f"{{ {what} gt {most} }}" for what, most in bounds if most is not None)
    page = f" {page_words(limit.page)}" if limit.page else ""
    places = (limit.path, limit.page.path) if limit.page else (limit.path,)
    return Line(f"    http-request deny status 431{page} if {over}", limit.path, places)
