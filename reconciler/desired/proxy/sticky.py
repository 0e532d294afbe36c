"""Sticky sessions to HAProxy's own model."""

from __future__ import annotations

from reconciler.haproxy.model import sticky as haproxy
from reconciler.topology.model import Backend

_DIGEST = "binary len 20"
"""The digest of a header: it may be long, or a secret that nobody shall read in the table."""


def compile_sticky(topology: str, name: str, backend: Backend) -> haproxy.Sticky | None:
    wish, path = backend.sticky, ("backends", name, "sticky")
    if wish is None:
        return None
    match wish.by:
        case "cookie":
            return haproxy.Cookie(
                name=wish.name or f"SERVERID-{name}",  # one backend's says nothing to another
                key=haproxy.cookie_key(topology, name),
                path=path,
                domains=wish.domain,
                httponly=wish.httponly,
                secure=wish.secure,
                samesite=wish.samesite or "",
                maxidle_s=wish.maxidle,
                maxlife_s=wish.maxlife,
            )
        case "source":
            return haproxy.StickTable("ipv6", "src", wish.expire, wish.size, path)
        case "header":
            fetch = f"req.fhdr({wish.name}),sha1"
            return haproxy.StickTable(_DIGEST, fetch, wish.expire, wish.size, path)
