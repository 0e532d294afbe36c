"""What a frontend believes of its clients, to HAProxy's own model."""

from __future__ import annotations

from reconciler.haproxy.clients import Forwarding
from reconciler.topology.model import Frontend


def compile_forwarding(name: str, frontend: Frontend) -> Forwarding | None:
    trusted = frontend.trusted_proxies
    if not frontend.forwarded_for and not trusted:
        return None
    return Forwarding(frontend.forwarded_for, trusted, ("frontends", name))
