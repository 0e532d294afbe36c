"""How much one client may have of a frontend, to HAProxy's own model."""

from __future__ import annotations

from reconciler.desired.proxy.errors import header_page
from reconciler.desired.proxy.sources import sources
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.haproxy.model import limits as haproxy
from reconciler.topology.model import Frontend, Topology


def compile_rate(name: str, frontend: Frontend, files: ProxyFiles) -> haproxy.RateLimit | None:
    limit = frontend.rate_limit
    if limit is None:
        return None
    path = ("frontends", name, "rate_limit")
    allowed = sources(limit.allow, (*path, "allow"), files)
    keys = {
        "source": "src",
        "header": f"req.fhdr({limit.name})",
        "cookie": f"req.cook({limit.name})",
        "path": "path",
    }
    return haproxy.RateLimit(
        limit.requests, limit.per, limit.status, allowed, path, limit.errors, keys[limit.by]
    )


def compile_connections(
    name: str, frontend: Frontend, files: ProxyFiles
) -> haproxy.ConnectionLimit | None:
    """A trusted proxy is many clients, and none of them is known before its first request."""
    limit = frontend.connection_limit
    if limit is None:
        return None
    path = ("frontends", name, "connection_limit")
    free = (
        sources(limit.allow, (*path, "allow"), files),
        sources(frontend.trusted_proxies, ("frontends", name, "trusted_proxies"), files),
    )
    return haproxy.ConnectionLimit(
        most=limit.max,
        rate=(limit.rate.connections, limit.rate.per) if limit.rate else None,
        allowed=tuple(filter(None, free)),
        reads_proxy=any(bind.accept_proxy for bind in frontend.bind),
        path=path,
    )


def compile_headers(topology: Topology, name: str, files: ProxyFiles) -> haproxy.HeaderLimit | None:
    limit = topology.frontends[name].max_headers
    if limit is None:
        return None
    page = header_page(topology, name, files)
    path = ("frontends", name, "max_headers")
    return haproxy.HeaderLimit(limit.size, limit.count, page, path)
