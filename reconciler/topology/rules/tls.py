"""Rules about TLS between fields."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.model.bind import Bind
from reconciler.topology.model.http3 import Http3
from reconciler.topology.traffic import tls_ports


def _redirect_to_nowhere(topology: Topology) -> Iterator[Diagnostic]:
    if tls_ports(topology.frontends.values()):
        return
    for name, frontend in topology.frontends.items():
        to_tls = frontend.redirect
        if to_tls is not None and to_tls.port is None and not frontend.trusted_proxies:
            yield Diagnostic(
                "redirect-without-tls",
                f"frontend `{name}` sends clients to TLS, and no frontend speaks it",
                "add a bind with `tls`: `{port: 443, tls: ./certs/shop.pem}`",
                Place(("frontends", name, "redirect")),
            )


def _hsts_without_tls(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        has_tls = frontend.tls is not None or any(bind.tls for bind in frontend.bind)
        if frontend.hsts is not None and not (has_tls or frontend.trusted_proxies):
            yield Diagnostic(
                "redirect-without-tls",
                f"frontend `{name}` keeps clients on TLS, and does not speak it",
                "put `hsts` where `tls` is",
                Place(("frontends", name, "hsts")),
            )


def _http3_binds(topology: Topology) -> Iterator[tuple[Path, Bind, Http3]]:
    """Those that speak it, by a `tls` of their own or their frontend's."""
    for name, frontend in topology.frontends.items():
        for index, bind in enumerate(frontend.bind):
            tls = bind.tls or frontend.tls
            if tls is not None and tls.http3 is not None:
                yield ("frontends", name, "bind", index), bind, tls.http3


def _http3_of_many_ports(topology: Topology) -> Iterator[Diagnostic]:
    for path, bind, http3 in _http3_binds(topology):
        if http3.alt_svc and http3.port is None and len(bind.ports) > 1:
            yield Diagnostic(
                "missing-key",
                "which of these ports clients find HTTP/3 on is not said",
                "add it: `http3: {port: 443}`, or tell nobody: `http3: {alt_svc: false}`",
                Place(path),
            )


def _http3_told_in_two_ways(topology: Topology) -> Iterator[Diagnostic]:
    """What is told goes by the port that a client came to. On a bridge, what another address of the
    host speaks otherwise has a port of its own in HAProxy's container."""
    if topology.haproxy.network != "host":
        return
    told: dict[tuple[str | int, int], tuple[tuple[object, ...], Path]] = {}
    for path, bind, http3 in _http3_binds(topology):
        for port in bind.ports:
            tells = http3.alt_svc, http3.port or port, http3.max_age
            first, there = told.setdefault((path[1], port), (tells, path))
            if first != tells:
                yield Diagnostic(
                    "bind-conflict",
                    f"clients of port {port} are told of HTTP/3 in two ways, here and at "
                    "another address",
                    "give all binds of a port the same `http3`, or this one a frontend of its own",
                    Place(path),
                    related=(Related("the other one", Place(there)),),
                )
                break


def _http3_of_a_proxy(topology: Topology) -> Iterator[Diagnostic]:
    for path, bind, _ in _http3_binds(topology):
        if bind.accept_proxy:
            yield Diagnostic(
                "bad-value",
                "the PROXY protocol does not go with `http3`",
                "give this bind a `tls` of its own, without `http3`",
                Place((*path, "accept_proxy")),
            )


TLS_RULES = (
    _http3_of_a_proxy,
    _http3_of_many_ports,
    _http3_told_in_two_ways,
    _hsts_without_tls,
    _redirect_to_nowhere,
)
