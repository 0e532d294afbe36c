"""A proxy to haproxy.cfg. Each line knows which path of the user's file it came from.

Nothing reaches the text but through `quote`, constrained values, and the user's own raw lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.haproxy.balance import hash_texts
from reconciler.haproxy.config import SENSITIVE_MARK, Config, Line, identified
from reconciler.haproxy.log import LogTarget
from reconciler.haproxy.model import (
    Backend,
    Check,
    Frontend,
    OutsideServer,
    Path,
    Proxy,
    RawLine,
    StatsPage,
)
from reconciler.haproxy.paths import OWN_RUNTIME_SOCKET, RUNTIME_SOCKET
from reconciler.haproxy.quoting import format_duration, quote
from reconciler.haproxy.render_bind import bind_text, tls_defaults
from reconciler.haproxy.render_clients import forwarding_lines
from reconciler.haproxy.render_content import cache_lines, cache_section, compression_lines
from reconciler.haproxy.render_errors import error_lines
from reconciler.haproxy.render_link import link_words, server_tls_defaults
from reconciler.haproxy.render_log import log_lines, target_text
from reconciler.haproxy.render_peers import own_name, peers_section
from reconciler.haproxy.render_routing import limit_lines, rule_lines, userlist, userlists
from reconciler.haproxy.render_settings import SERVER_KEYS, server_words, settings_lines
from reconciler.haproxy.render_sticky import sticky_lines
from reconciler.haproxy.slots import PROBE_SUFFIX

_FAST_S = 0.25


def render_config(proxy: Proxy) -> Config:
    """The whole file."""
    comment = f"# Written by haproxy-reconciler from topology {proxy.topology}: edit that instead."
    body = _mark_sensitive(_body(proxy), proxy.sensitive)
    config = identified([Line(comment), Line("global"), *body], proxy.topology)
    return replace(config, files=proxy.files)


def render_backend(backend: Backend) -> str:
    """The section of one backend."""
    return "".join(f"{line.text}\n" for line in backend_lines(backend))


def server_lines(proxy: Proxy, backend: Backend) -> tuple[str, ...]:
    """What a backend's section says that can be changed in a running HAProxy as well."""
    lines = _mark_sensitive(_servers(backend), proxy.sensitive)
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
        yield from _stats(proxy.stats)
    for frontend in proxy.frontends:
        yield from _frontend(frontend, proxy.log_target)
    for backend in proxy.backends:
        yield from backend_lines(backend)


def _global(proxy: Proxy) -> Iterator[Line]:
    for file in proxy.files:
        yield Line(file.comment, file.path, (file.path[:3],))  # its key, in whatever form
    yield Line(
        f"    log {target_text(proxy.log_target)}", ("haproxy", "log"), (("haproxy", "log"),)
    )
    if proxy.hands_over:
        yield from _handover()
    else:
        yield Line(f"    stats socket {RUNTIME_SOCKET} mode 600 level admin")
    yield Line(f"    hard-stop-after {format_duration(proxy.hard_stop_after_s)}",
               ("haproxy", "hard_stop_after"))  # fmt: skip
    if proxy.maxconn is not None:
        yield Line(f"    maxconn {proxy.maxconn}", ("haproxy", "maxconn"))
    yield from own_name(proxy)
    yield from tls_defaults(proxy)
    yield from server_tls_defaults(proxy)
    yield from _raw(proxy.raw_global)


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
    yield Line("    option httplog")
    yield Line("    option dontlognull")
    # An idle keep-alive connection of an old worker ends with its next answer, never before it:
    # without this, a reload shows clients a closed connection now and then.
    yield Line("    option idle-close-on-response")
    yield Line("    option redispatch 1")
    yield Line("    retries 3")
    timeouts = proxy.timeouts
    for name in ("connect", "client", "server", "http_request", "http_keep_alive", "queue",
                 "tunnel", "check"):  # fmt: skip
        seconds = getattr(timeouts, name)
        if seconds is not None:
            keyword = name.replace("_", "-")
            yield Line(f"    timeout {keyword} {format_duration(seconds)}",
                       ("haproxy", "timeouts", name))  # fmt: skip
    yield from _raw(proxy.raw_defaults)


def _raw(lines: Iterable[RawLine]) -> Iterator[Line]:
    return (Line(f"    {line.text}", line.path) for line in lines if line.text)


def _resolvers() -> Iterator[Line]:
    """Docker's DNS: a server that comes back with another address is found with no tool running."""
    yield Line("")
    yield Line("resolvers docker")
    yield Line("    nameserver dns 127.0.0.11:53")
    yield Line("    accepted_payload_size 8192")
    yield Line("    timeout resolve 1s")
    yield Line("    timeout retry 500ms")
    yield Line("    hold valid 1s")


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


def _stats(stats: StatsPage) -> Iterator[Line]:
    if stats.users:
        yield from userlist("stats-users", stats.users, (*stats.path, "auth"))
    yield Line("")
    yield Line("frontend stats", stats.path)
    yield Line(bind_text(stats.listener), stats.listener.path)
    yield Line("    option dontlog-normal")
    if stats.users:
        yield Line("    http-request auth realm stats unless { http_auth(stats-users) }",
                   (*stats.path, "auth"))  # fmt: skip
    yield Line("    http-request use-service prometheus-exporter if { path /metrics }", stats.path)
    yield Line("    stats enable", stats.path)
    yield Line(f"    stats uri {quote(stats.uri)}", (*stats.path, "uri"))
    if stats.refresh_s is not None:
        yield Line(f"    stats refresh {format_duration(stats.refresh_s)}",
                   (*stats.path, "refresh"))  # fmt: skip


def _frontend(frontend: Frontend, logs_to: LogTarget) -> Iterator[Line]:
    yield from userlists(frontend)
    yield Line("")
    yield Line(f"frontend {frontend.name}", frontend.path)
    if frontend.mode == "tcp":
        yield Line("    mode tcp", (*frontend.path, "mode"))
    yield from log_lines(frontend, logs_to)
    for listener in frontend.listeners:
        places = ((*frontend.path, "bind"), (*frontend.path, "tls"))
        yield Line(bind_text(listener), listener.path, places)
    if frontend.maxconn is not None:
        yield Line(f"    maxconn {frontend.maxconn}", (*frontend.path, "maxconn"))
    yield from error_lines(frontend.errors)
    yield from compression_lines(frontend.compression)
    if frontend.forwarding is not None:
        yield from forwarding_lines(frontend.forwarding)
    yield from _raw(frontend.raw)
    if frontend.rate_limit is not None:
        yield from limit_lines(frontend.rate_limit)
    yield from _https(frontend)
    yield from rule_lines(frontend)
    if frontend.default_backend:
        yield Line(f"    default_backend {frontend.default_backend}",
                   (*frontend.path, "default_backend"))  # fmt: skip


def _https(frontend: Frontend) -> Iterator[Line]:
    """The way to TLS, and staying on it. The host is the client's own word, without its port."""
    if frontend.redirect_port is not None:
        port = "" if frontend.redirect_port == 443 else f":{frontend.redirect_port}"
        yield Line(
            f"    http-request redirect code 308 location "
            f"https://%[req.hdr(host),regsub(:[0-9]*$,,)]{port}%[pathq] unless {{ ssl_fc }}",
            (*frontend.path, "redirect"),
        )
    if frontend.hsts:
        header = f'Strict-Transport-Security "{frontend.hsts}"'
        yield Line(f"    http-after-response set-header {header} if {{ ssl_fc }}",
                   (*frontend.path, "hsts"))  # fmt: skip


def backend_lines(backend: Backend) -> Iterator[Line]:
    yield Line("")
    yield Line(f"backend {backend.name}", backend.path)
    if backend.mode == "tcp":
        yield Line("    mode tcp", (*backend.path, "mode"))
    for text in (f"balance {backend.balance}", *hash_texts(backend.hashing)):
        yield Line(f"    {text}", (*backend.path, "balance"), ((*backend.path, "balance"),))
    yield from sticky_lines(backend.sticky)
    yield from error_lines(backend.errors)
    yield from compression_lines(backend.compression)
    yield from settings_lines(backend.settings, backend.path, is_http=backend.mode == "http")
    if backend.check is not None:
        yield from _check(backend.check)
    yield from _raw(backend.raw)
    yield from cache_lines(backend.cache)
    path = backend.path
    if common := list(_server_defaults(backend)):
        yield Line(" ".join(["    default-server", *common]), path,
                   tuple((*path, key) for key in _OF_ALL))  # fmt: skip
    for server in backend.outside:
        yield _outside(server, backend)
    yield from _servers(backend)


_OF_ALL = ("check", "weight", "port", "tls", "proto", "send_proxy", *SERVER_KEYS)
"""Keys of a backend that say something of all its servers."""


def _server_defaults(backend: Backend) -> Iterator[str]:
    """What all servers of a backend have in common. A name that does not resolve yet is no error:
    the resolver goes on asking."""
    if backend.resolves:
        yield "resolvers docker init-addr libc,none resolve-prefer ipv4"
    if backend.port:  # to check on; and no server can be told another port meanwhile
        yield f"port {backend.port}"
    yield from link_words(backend.link, is_checked=backend.check is not None)
    if backend.check is not None:
        check = backend.check
        inter, fast = format_duration(check.interval_s), _fast(check)
        yield f"check inter {inter} fastinter {fast} downinter {fast}"
        yield f"rise {check.rise} fall {check.fall}"
    yield from server_words(backend.settings)
    if backend.weight != 1 and not backend.has_live_weight:
        yield f"weight {backend.weight}"


def _outside(server: OutsideServer, backend: Backend) -> Line:
    """Weight and limit come last: `config.frozen` takes off what can be changed at run time. They
    are said even if they are as the backend's, since those may stand in lines further down."""
    host = f"[{server.address}]" if ":" in server.address else server.address
    text = f"    server {server.name} {host}:{server.port} port {server.port}"
    if server.resolves:
        text += " resolvers outside init-addr libc,none resolve-prefer ipv4"
    if server.backup:
        text += " backup"
    text += f" weight {server.weight}"
    if server.maxconn is not None:
        text += f" maxconn {server.maxconn}"
    path = backend.path
    return Line(text, server.path, ((*path, "port"), (*path, "weight"), (*path, "maxconn")))


def _servers(backend: Backend) -> Iterator[Line]:
    """All that the runtime API can change; `config.live_lines` knows these lines by their look."""
    path = backend.path
    if backend.weight != 1 and backend.has_live_weight:
        yield Line(f"    default-server weight {backend.weight}", path, ((*path, "weight"),))
    if backend.maxconn is not None:
        yield Line(f"    default-server maxconn {backend.maxconn}", path, ((*path, "maxconn"),))
    for server in backend.servers:
        text = f"    server {server.name} {server.address}:{server.port}"
        yield Line(text, path, ((*path, "port"),))
    if backend.name.endswith(PROBE_SUFFIX) or not backend.spares:
        return
    first = len(backend.servers) + 1
    numbers = f"{first}-{first + backend.spares - 1}"
    text = f"    server-template {backend.name}- {numbers} {backend.idle_host}:{backend.port}"
    yield Line(f"{text} disabled{_spare_rhythm(backend)}", path,
               ((*path, "port"), (*path, "check")))  # fmt: skip


def _check(check: Check) -> Iterator[Line]:
    timeout = format_duration(check.timeout_s or check.interval_s)
    yield Line(f"    timeout check {timeout}", check.path, (check.path,))
    if check.url is None:
        return
    yield Line("    option httpchk", check.path)
    request = (
        f"meth {check.method} uri {quote(check.url)} ver HTTP/1.1 hdr Host {quote(check.host)}"
    )
    yield Line(f"    http-check send {request}", check.path, (check.path,))
    yield Line(f"    http-check expect status {check.status}", check.path, (check.path,))


def _fast(check: Check) -> str:
    """While a server changes state it is asked more often, so that changes settle quickly."""
    return format_duration(min(check.interval_s, _FAST_S))


def _spare_rhythm(backend: Backend) -> str:
    """A server in maintenance keeps the rhythm of its checks, so a spare one that is given a
    container waits up to one `inter` for the first of them, and keeps it until the next reload.

    `inter` bounds the time to connect as well, in which a TLS server has much to do.
    """
    if backend.check is None or backend.link.tls:
        return ""
    quarter = max(backend.check.interval_s / 4, min(backend.check.interval_s, _FAST_S))
    return f" inter {format_duration(quarter)}"
