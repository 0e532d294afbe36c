"""What a frontend believes of its clients, to HAProxy's own model."""

from __future__ import annotations

from reconciler.desired.proxy.sources import sources
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.haproxy.model.clients import Forwarding
from reconciler.topology.model import Frontend


def compile_forwarding(name: str, frontend: Frontend, files: ProxyFiles) -> Forwarding | None:
    tells = frontend.forwarded_for
    trusted = sources(frontend.trusted_proxies, ("frontends", name, "trusted_proxies"), files)
    if not (tells or trusted or frontend.request_id):
        return None
    return Forwarding(
        tells,
        trusted,
        ("frontends", name),
        frontend.request_id or "",
        has_sockets=any(bind.socket for bind in frontend.bind),
        asks_scheme=trusted is not None and _asks_scheme(frontend),
    )


def _asks_scheme(frontend: Frontend) -> bool:
    by_rule = any(rule.redirect and rule.redirect.scheme for rule in frontend.rules)
    return frontend.redirect is not None or frontend.hsts is not None or by_rule
