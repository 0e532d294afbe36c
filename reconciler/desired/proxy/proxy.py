"""Topology to HAProxy's own model: frontends, backends with their servers, the stats page."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from msgspec.structs import replace

from reconciler.desired.desired import DesiredContainer, Slot
from reconciler.desired.names import SERVER_ROLE, server_name
from reconciler.desired.proxy.balance import balance_words, compile_hash
from reconciler.desired.proxy.check import compile_check
from reconciler.desired.proxy.clients import compile_forwarding
from reconciler.desired.proxy.content import compile_cache, compile_compression
from reconciler.desired.proxy.cors import compile_cors
from reconciler.desired.proxy.errors import backend_pages, frontend_pages
from reconciler.desired.proxy.hosts import fold_hosts
from reconciler.desired.proxy.jwt import compile_jwt
from reconciler.desired.proxy.limits import compile_connections, compile_headers, compile_rate
from reconciler.desired.proxy.listeners import Listeners
from reconciler.desired.proxy.log import compile_log, target_of_all
from reconciler.desired.proxy.routing import compile_rules
from reconciler.desired.proxy.settings import compile_settings, compile_timeouts
from reconciler.desired.proxy.sources import compile_access
from reconciler.desired.proxy.sticky import compile_sticky
from reconciler.desired.proxy.tls import ProxyFiles, way_to_tls
from reconciler.diagnostics.place import Path
from reconciler.haproxy import model as haproxy
from reconciler.topology.model import Backend, Topology
from reconciler.topology.traffic import destinations, mode_of, proxied_backends, source_of


def compile_proxy(
    topology: Topology,
    containers: Mapping[Slot, DesiredContainer],
    listeners: Listeners,
    sensitive: frozenset[Path],
    tls: ProxyFiles,
) -> haproxy.Proxy:
    settings = topology.haproxy
    backends = proxied_backends(topology)
    resolves = settings.network == "bridge"
    proxy = haproxy.Proxy(
        topology=topology.name,
        maxconn=settings.maxconn,
        hard_stop_after_s=settings.hard_stop_after,
        timeouts=haproxy.Timeouts(**settings.timeouts.model_dump()),
        frontends=tuple(
            haproxy.Frontend(
                name=name,
                mode=mode_of(topology, frontend),
                listeners=listeners.of_frontend[name],
                default_backend=frontend.default_backend or "",
                path=("frontends", name),
                rules=fold_hosts(name, compile_rules(name, frontend, tls), tls),
                acme=frontend.acme or "",
                sends_to=tuple(dict.fromkeys(to for to, _ in destinations(frontend))),
                log=compile_log(topology, name, frontend, mode_of(topology, frontend)),
                forwarding=compile_forwarding(name, frontend, tls),
                access=compile_access(name, frontend, tls),
                rate_limit=compile_rate(name, frontend, tls),
                connection_limit=compile_connections(name, frontend, tls),
                max_body_bytes=frontend.max_body,
                header_limit=compile_headers(topology, name, tls),
                maxconn=frontend.maxconn,
                timeouts=compile_timeouts(frontend),
                raw=_raw(frontend.raw, ("frontends", name, "raw")),
                hsts=frontend.hsts.header if frontend.hsts else "",
                to_tls=way_to_tls(topology, frontend),
                compression=compile_compression(frontend, ("frontends", name)),
                cors=compile_cors(frontend, ("frontends", name)),
                jwt=compile_jwt(frontend, ("frontends", name), tls),
                errors=frontend_pages(topology, name, tls)
                if mode_of(topology, frontend) == "http"
                else (),
            )
            for name, frontend in topology.frontends.items()
        ),
        backends=tuple(
            replace(
                _proxy_backend(topology, name, backend, containers),
                resolves=resolves,
                link=tls.servers(name, backend),
                errors=backend_pages(topology, name, tls),
                cache=compile_cache(topology, name),
                sticky=compile_sticky(topology.name, name, backend),
            )
            for name, backend in backends.items()
        ),
        stats=_stats(topology, listeners),
        log_target=target_of_all(topology),
        raw_global=_raw(settings.raw.global_, ("haproxy", "raw", "global")),
        raw_defaults=_raw(settings.raw.defaults, ("haproxy", "raw", "defaults")),
        sensitive=sensitive,
        hands_over=settings.hands_over,
    )
    return replace(proxy, files=tls.files)  # which are known when all of it is compiled


def _raw(lines: tuple[str, ...], path: Path) -> tuple[haproxy.RawLine, ...]:
    return tuple(haproxy.RawLine(line, (*path, index)) for index, line in enumerate(lines))


def _proxy_backend(
    topology: Topology, name: str, backend: Backend, containers: Mapping[Slot, DesiredContainer]
) -> haproxy.Backend:
    path: Path = ("backends", name)
    source = source_of(topology, name)
    port = backend.port if source and backend.port else 0
    slots = sorted(s for s in containers if (s.role, s.backend) == (SERVER_ROLE, source))
    return haproxy.Backend(
        name=name,
        mode=backend.mode,
        balance=balance_words(backend.balance),
        check=compile_check(name, backend),
        weight=backend.weight,
        maxconn=backend.maxconn,
        servers=tuple(
            haproxy.Server(server_name(name, slot.number), containers[slot].host, port)
            for slot in slots
        ),
        path=path,
        source=source or name,
        port=port,
        least_spares=4 if source else 0,
        outside=tuple(_outside(name, backend, topology.haproxy.known_hosts)),
        hashing=compile_hash(backend.balance),
        settings=compile_settings(backend),
        compression=compile_compression(backend, path),
        raw=_raw(backend.raw, (*path, "raw")),
    )


def _outside(
    name: str, backend: Backend, known_hosts: Container[str]
) -> Iterator[haproxy.OutsideServer]:
    for index, server in enumerate(backend.servers):
        port = 0 if server.socket else server.port or backend.port
        assert port is not None  # a rule of the file sees to it
        yield haproxy.OutsideServer(
            name=server.name_with(port),
            address=f"unix@{server.socket}" if server.socket else server.address,
            port=port,
            weight=backend.weight if server.weight is None else server.weight,
            maxconn=backend.maxconn if server.maxconn is None else server.maxconn,
            backup=server.backup,
            path=("backends", name, "servers", index),
            init_address=server.init_addr or "",
            is_in_hosts=server.address.lower() in known_hosts,
        )


def _stats(topology: Topology, listeners: Listeners) -> haproxy.StatsPage | None:
    stats = topology.stats
    if stats is None or listeners.stats is None:
        return None
    return haproxy.StatsPage(
        listener=listeners.stats,
        uri=stats.uri,
        refresh_s=stats.refresh,
        users=tuple(stats.auth.items()),
        admins=tuple((user, stats.auth[user]) for user in stats.admin),
        path=("stats",),
    )
