"""What HAProxy counts and remembers of clients, kept from one worker to the next.

A worker that ends gives its tables to the one that follows, over a section of peers with no other
in it (manual, "peers"). HAProxy 2.6 does so from some ten seconds after its start on.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Proxy
from reconciler.haproxy.model.limits import ConnectionLimit
from reconciler.haproxy.model.sticky import StickTable
from reconciler.haproxy.paths import PEERS_SOCKET
from reconciler.haproxy.render.quoting import format_duration

_SECTION, _SELF = "workers", "haproxy"
KEPT = f"peers {_SECTION}"
"""Said of a table that the next worker shall have."""


def own_name(proxy: Proxy) -> Iterator[Line]:
    """For `global`: by default it is the host's name, which each container has another of."""
    if _has_tables(proxy):
        yield Line(f"    localpeer {_SELF}")


def peers_section(proxy: Proxy) -> Iterator[Line]:
    if _has_tables(proxy):
        yield Line("")
        yield Line(f"peers {_SECTION}")
        yield Line(f"    peer {_SELF} unix@{PEERS_SOCKET}")
        for frontend in proxy.frontends:
            if frontend.connection_limit is not None:
                yield _table(frontend.name, frontend.connection_limit)


def connection_table(frontend: str) -> str:
    """Its connections are counted apart from its requests: of a table that both had, each request
    would be one more connection."""
    return f"{_SECTION}/{frontend}"


def _table(name: str, limit: ConnectionLimit) -> Line:
    period = format_duration(limit.period_s)
    counts = f"conn_cur,conn_rate({period})" if limit.rate else "conn_cur"
    text = f"    table {name} type ipv6 size 100k expire {period} store {counts}"
    return Line(text, limit.path, (limit.path,))


def _has_tables(proxy: Proxy) -> bool:
    limited = any(f.rate_limit or f.connection_limit for f in proxy.frontends)
    return limited or any(isinstance(b.sticky, StickTable) for b in proxy.backends)
