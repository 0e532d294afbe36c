"""A proxy to haproxy.cfg. Each line knows which path of the user's file it came from.

Nothing reaches the text but through `quote`, constrained values, and the user's own raw lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from reconciler.haproxy.config import SENSITIVE_MARK, Config, Line, identified
from reconciler.haproxy.model import Backend, Frontend, Proxy, StatsPage
from reconciler.haproxy.model.known import SCHEME
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.paths import OWN_RUNTIME_SOCKET, RUNTIME_SOCKET
from reconciler.haproxy.render.access import access_lines
from reconciler.haproxy.render.backend import backend_lines, live_server_lines, raw_lines
from reconciler.haproxy.render.bind import alt_svc_lines, bind_lines, tls_defaults
from reconciler.haproxy.render.clients import forwarding_lines
from reconciler.haproxy.render.content import cache_section, compression_lines
from reconciler.haproxy.render.errors import error_lines
from reconciler.haproxy.render.limits import body_line, connection_lines, header_line, request_lines
from reconciler.haproxy.render.link import server_tls_defaults
from reconciler.haproxy.render.log import HTTP_FORMAT, has_silent_frontend, log_lines, target_texts
from reconciler.haproxy.render.peers import own_name, peers_section
from reconciler.haproxy.render.quoting import format_duration, quote
from reconciler.haproxy.render.routing import CHALLENGE, rule_lines, same_url, userlist, userlists
from reconciler.haproxy.render.settings import timeout_lines

_LONGEST_TIMER = "24d"
"""HAProxy counts in milliseconds of 31 bits (manual, 2.5)."""


def render_config(proxy: Proxy) -> Config:
    """The whole file."""
    comment = f"# Written by haproxy-reconciler from topology {proxy.topology}: edit that instead."
    body = _mark_sensitive(_body(proxy), proxy.sensitive)
    config = identified([Line(comment), Line("global"), *body], proxy.topology)
    return replace(config, files=proxy.files)


def server_lines(proxy: Proxy, backend: Backend) -> tuple[str, ...]:
    """What a backend's section says that can be changed in a running HAProxy as well."""
    lines = _mark_sensitive(live_server_lines(backend), proxy.sensitive)
    return tuple(line.text for line in lines)


def _mark_sensitive(lines: Iterable[Line], sensitive: frozenset[Path]) -> Iterator[Line]:
    """Mark the lines that hold a value of a sensitive path: of their own, or of one in `values`."""
    above = {path[:end] for path in sensitive for end in range(1, len(path) + 1)}
    for line in lines:
        parents = (line.path[:end] for end in range(1, len(line.path) + 1))
        if above.intersection(line.values) or sensitive.intersection(parents):
            yield replace(line, text=line.text + SENSITIVE_MARK)
        else:
            yield line


def _body(proxy: Proxy) -> Iterator[Line]:
    yield from _global(proxy)
    yield from _defaults(proxy)
    if any(backend.resolves for backend in proxy.backends) or not proxy.backends:
        yield from _resolvers()
    if any(server.resolves for backend in proxy.backends for server in backend.outside):
        yield from _outside_resolvers(proxy)
    yield from peers_section(proxy)
    for backend in proxy.backends:
        yield from cache_section(backend.cache)
    if proxy.stats is not None:
        yield from _stats(proxy.stats, proxy)
    for frontend in proxy.frontends:
        yield from _frontend(frontend, proxy)
    for backend in proxy.backends:
        yield from backend_lines(backend)


def _global(proxy: Proxy) -> Iterator[Line]:
    for file in proxy.files:
        yield Line(file.comment, file.path, (file.path[:3],))  # its key, in whatever form
    for text in target_texts(proxy.log_target):
        yield Line(f"    log {text}", ("haproxy", "log"), (("haproxy", "log"),))
    if proxy.hands_over:
        yield from _handover()
    else:
        yield Line(f"    stats socket {RUNTIME_SOCKET} mode 600 level admin")
    yield Line(
        f"    hard-stop-after {format_duration(proxy.hard_stop_after_s)}",
        ("haproxy", "hard_stop_after"),
    )
    if proxy.maxconn is not None:
        yield Line(f"    maxconn {proxy.maxconn}", ("haproxy", "maxconn"))
    yield from own_name(proxy)
    yield from tls_defaults(proxy)
    yield from server_tls_defaults(proxy)
    yield from raw_lines(proxy.raw_global)


def _handover() -> Iterator[Line]:
    """Listening sockets are handed out on the runtime socket, and never doubled: with SO_REUSEPORT
    two HAProxys of one user would share a port unasked, and lose what one has not accepted yet."""
    yield Line(f'    stats socket "{OWN_RUNTIME_SOCKET}" mode 600 level admin expose-fd listeners')
    yield Line("    noreuseport")


def _defaults(proxy: Proxy) -> Iterator[Line]:
    yield Line("")
    yield Line("defaults")
    yield Line("    mode http")
    yield Line("    log global")
    if not has_silent_frontend(proxy):
        yield Line(HTTP_FORMAT)
    yield Line("    option dontlognull")
    # An idle keep-alive connection of an old worker ends with its next answer, never before it:
    # without this, a reload shows clients a closed connection now and then.
    yield Line("    option idle-close-on-response")
    yield Line("    option redispatch 1")
    yield Line("    retries 3")
    timeouts = proxy.timeouts
    for name in (
        "connect",
        "client",
        "server",
        "http_request",
        "http_keep_alive",
        "queue",
        "tunnel",
        "tarpit",
        "check",
    ):
        seconds = getattr(timeouts, name)
        if seconds is not None:
            keyword = name.replace("_", "-")
            yield Line(
                f"    timeout {keyword} {format_duration(seconds)}", ("haproxy", "timeouts", name)
            )
    yield from raw_lines(proxy.raw_defaults)


def _resolvers() -> Iterator[Line]:
    """Docker's DNS: a server that comes back with another address is found with no tool running."""
    yield Line("")
    yield Line("resolvers docker")
    yield Line("    nameserver dns 127.0.0.11:53")
    yield Line("    accepted_payload_size 8192")
    yield Line("    timeout resolve 1s")
    yield Line("    timeout retry 500ms")
    yield Line("    hold valid 1s")
    yield from _holds_without_answer()


def _outside_resolvers(proxy: Proxy) -> Iterator[Line]:
    """For names that are no containers': Docker's DNS passes them on, and where there is none, the
    host's own servers are asked. Less often than for containers, since others pay for it."""
    yield Line("")
    yield Line("resolvers outside")
    asks_docker = any(backend.resolves for backend in proxy.backends)
    yield Line("    nameserver dns 127.0.0.11:53" if asks_docker else "    parse-resolv-conf")
    yield Line("    accepted_payload_size 8192")
    yield Line("    timeout resolve 5s")
    yield Line("    timeout retry 1s")
    yield Line("    hold valid 10s")
    yield from _holds_without_answer()


def _holds_without_answer() -> Iterator[Line]:
    """Docker's DNS is the engine itself. One that hangs or has ended says nothing of containers,
    which run on: addresses stay as they were, and checks tell who serves. A name that the engine
    says is gone is held for HAProxy's own half a minute."""
    for status in ("timeout", "refused"):
        yield Line(f"    hold {status} {_LONGEST_TIMER}")


def _stats(stats: StatsPage, proxy: Proxy) -> Iterator[Line]:
    if stats.users:
        yield from userlist("stats-users", stats.users, (*stats.path, "auth"))
    if stats.admins:
        yield from userlist("stats-admins", stats.admins, (*stats.path, "auth"))
    yield Line("")
    yield Line(f"frontend {proxy.section_of('stats')}", stats.path)
    if has_silent_frontend(proxy):
        yield Line(HTTP_FORMAT)
    yield from bind_lines(stats.listener)
    yield Line("    option dontlog-normal")
    if stats.users:
        yield Line(
            "    http-request auth realm stats unless { http_auth(stats-users) }",
            (*stats.path, "auth"),
        )
    yield Line("    http-request use-service prometheus-exporter if { path /metrics }", stats.path)
    yield Line("    stats enable", stats.path)
    yield Line(f"    stats uri {quote(stats.uri)}", (*stats.path, "uri"))
    if stats.admins:
        yield Line("    stats admin if { http_auth(stats-admins) }", (*stats.path, "admin"))
    if stats.refresh_s is not None:
        yield Line(
            f"    stats refresh {format_duration(stats.refresh_s)}", (*stats.path, "refresh")
        )


def _frontend(frontend: Frontend, proxy: Proxy) -> Iterator[Line]:
    yield from userlists(frontend)
    yield Line("")
    yield Line(f"frontend {proxy.section_of(frontend.name)}", frontend.path)
    if frontend.mode == "tcp":
        yield Line("    mode tcp", (*frontend.path, "mode"))
        yield Line("    no option idle-close-on-response", frontend.path)
    yield from log_lines(frontend, proxy)
    for listener in frontend.listeners:
        yield from bind_lines(listener, (*frontend.path, "bind"), (*frontend.path, "tls"))
    if frontend.maxconn is not None:
        yield Line(f"    maxconn {frontend.maxconn}", (*frontend.path, "maxconn"))
    yield from timeout_lines(frontend.timeouts, frontend.path)
    if frontend.connection_limit is not None:
        yield from connection_lines(frontend.connection_limit, frontend.name)
    yield from error_lines(frontend.errors)
    yield from compression_lines(frontend.compression)
    if frontend.forwarding is not None:
        yield from forwarding_lines(frontend.forwarding)
    # HAProxy takes rules in the order of their lines, so their order is who comes first: challenges
    # are let through before all else; then who may not come in is refused at no further cost; raw
    # lines see who is let in; limits count before a redirect or a rule answers.
    if frontend.acme:
        # Neither a redirect nor a refusal comes before challenges (RFC 8555, 8.3).
        yield Line(f"    http-request allow if {CHALLENGE}", (*frontend.path, "acme"))
    if frontend.access is not None:
        yield from access_lines(frontend.access, is_http=frontend.mode == "http")
    yield from raw_lines(frontend.raw)
    if frontend.rate_limit is not None:
        yield from request_lines(frontend.rate_limit)
    if frontend.header_limit is not None:
        yield header_line(frontend.header_limit)
    if frontend.max_body_bytes is not None:
        yield body_line(frontend.max_body_bytes, (*frontend.path, "max_body"))
    yield from _https(frontend)
    yield from rule_lines(frontend)
    if frontend.default_backend:
        yield Line(
            f"    default_backend {frontend.default_backend}", (*frontend.path, "default_backend")
        )


def _https(frontend: Frontend) -> Iterator[Line]:
    """The way to TLS, and staying on it."""
    asks = frontend.forwarding is not None and frontend.forwarding.asks_scheme
    by_tls = f"{{ {SCHEME} -m str https }}" if asks else "{ ssl_fc }"
    if frontend.to_tls is not None:
        where = same_url("https", frontend.to_tls.port)
        yield Line(
            f"    http-request redirect code {frontend.to_tls.code} location {where} "
            f"unless {by_tls}",
            (*frontend.path, "redirect"),
        )
    if frontend.hsts:
        header = f'Strict-Transport-Security "{frontend.hsts}"'
        yield Line(
            f"    http-after-response set-header {header} if {by_tls}", (*frontend.path, "hsts")
        )
    yield from alt_svc_lines(frontend)
