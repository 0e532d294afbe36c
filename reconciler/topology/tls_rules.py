"""Rules about TLS between fields."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.topology.finding import Finding
from reconciler.topology.model import Topology
from reconciler.topology.served import tls_ports


def _redirect_to_nowhere(topology: Topology) -> Iterator[Finding]:
    if tls_ports(topology.frontends.values()):
        return
    for name, frontend in topology.frontends.items():
        to_tls = frontend.redirect
        if to_tls is not None and to_tls.port is None and not frontend.trusted_proxies:
            yield Finding(
                "redirect-without-tls",
                f"frontend `{name}` sends clients to TLS, and no frontend speaks it",
                ("frontends", name, "redirect"),
                "add a bind with `tls`: `{port: 443, tls: ./certs/shop.pem}`",
            )


def _hsts_without_tls(topology: Topology) -> Iterator[Finding]:
    for name, frontend in topology.frontends.items():
        has_tls = frontend.tls is not None or any(bind.tls for bind in frontend.bind)
        if frontend.hsts is not None and not (has_tls or frontend.trusted_proxies):
            yield Finding(
                "redirect-without-tls",
                f"frontend `{name}` keeps clients on TLS, and does not speak it",
                ("frontends", name, "hsts"),
                "put `hsts` where `tls` is",
            )


TLS_RULES = (_hsts_without_tls, _redirect_to_nowhere)
