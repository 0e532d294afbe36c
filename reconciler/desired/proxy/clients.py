"""What a frontend believes of its clients, to HAProxy's own model."""

from __future__ import annotations

from reconciler.desired.proxy.sources import sources
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.haproxy.model.clients import Forwarding
from reconciler.topology.model import Frontend
from reconciler.topology.placeholders import placeholders


def compile_forwarding(name: str, frontend: Frontend, files: ProxyFiles) -> Forwarding | None:
    tells = bool(frontend.forwarded_for)
    trusted = sources(frontend.trusted_proxies, ("frontends", name, "trusted_proxies"), files)
    asks_scheme = _asks_scheme(frontend, is_told=trusted is not None)
    if not (tells or trusted or frontend.request_id or asks_scheme):
        return None
    return Forwarding(
        tells,
        trusted,
        ("frontends", name),
        frontend.request_id or "",
        has_sockets=any(bind.socket for bind in frontend.bind),
        more=tuple(_MORE[name] for name in frontend.forwarded_for if name in _MORE),
        asks_scheme=asks_scheme,
    )


_MORE = {"host": ("X-Forwarded-Host", "req.hdr(host)"), "port": ("X-Forwarded-Port", "dst_port")}


def _asks_scheme(frontend: Frontend, *, is_told: bool) -> bool:
    """Whether something asks by which scheme the client came; `is_told` is whether a proxy that is
    believed may know better than the connection."""
    if any("scheme" in placeholders(rule) for rule in frontend.rules):
        return True
    by_rule = any(rule.redirect and rule.redirect.scheme for rule in frontend.rules)
    return is_told and (frontend.redirect is not None or frontend.hsts is not None or by_rule)
