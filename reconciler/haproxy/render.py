"""A proxy to haproxy.cfg. Each line knows which path of the user's file it came from.

Nothing reaches the text but through `quote`, constrained values, and the user's own raw lines.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.haproxy.model import (
    PROBE_SUFFIX,
    Backend,
    Check,
    Frontend,
    Listener,
    Path,
    Proxy,
    RawLine,
    StatsPage,
)
from reconciler.haproxy.paths import OWN_RUNTIME_SOCKET, RUNTIME_SOCKET

SENSITIVE_MARK = "  # holds a value from outside the topology file"

_DIGEST_LINE = re.compile(r"^    description topology=(\S+) config=([0-9a-f]{16})$", re.MULTILINE)
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:@%+,=~*!?{}()\[\]-]+\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """`path` is where the user wrote it; `values` are further places that its values come from."""

    text: str
    path: Path = ()
    values: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """A rendered configuration. `digest` identifies its content and is part of the text."""

    lines: tuple[Line, ...]
    digest: str

    @property
    def text(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)

    def path_of_line(self, number: int) -> Path:
        """The user's path that line `number` (from 1) came from; () for lines of our own."""
        return self.lines[number - 1].path if 0 < number <= len(self.lines) else ()


def quote(text: str) -> str:
    """One word of haproxy.cfg that reads back as `text` (manual, 2.2 "Quoting and escaping").

    Raises ValueError for control characters: no quoting makes those safe in every place.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("control characters cannot stand in haproxy.cfg")
    if _PLAIN_WORD.match(text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def format_duration(seconds: float) -> str:
    """Seconds in the largest unit of HAProxy that holds them whole."""
    milliseconds = round(seconds * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def render_config(proxy: Proxy) -> Config:
    """The whole file. The digest covers every line but the one that carries it."""
    comment = f"# Written by haproxy-reconciler from topology {proxy.topology}: edit that instead."
    body = _mark_sensitive(_body(proxy), proxy.sensitive)
    return _identified([Line(comment), Line("global"), *body], proxy.topology)


def add_backends(text: str, backends: tuple[Backend, ...]) -> Config | None:
    """A configuration of ours with these probes at its end, in place of any that are there; None
    if it is not ours any more."""
    match = _DIGEST_LINE.search(text)
    if match is None or read_digest(text) is None:
        return None
    lines = [Line(line) for line in _without_probes(text) if line != match[0]]
    lines += [line for backend in backends for line in _backend(backend)]
    return _identified(lines, match[1])


def _without_probes(text: str) -> list[str]:
    """The lines of a text but for backends of new servers that an earlier run left at its end."""
    lines: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("backend ") and line.split()[1].endswith(PROBE_SUFFIX):
            break
        lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def render_backend(backend: Backend) -> str:
    """The section of one backend."""
    return "".join(f"{line.text}\n" for line in _backend(backend))


def _identified(lines: list[Line], topology: str) -> Config:
    """The lines with their digest in `global`, where the running worker shows it."""
    digest = _digest(lines)
    at = next(i for i, line in enumerate(lines) if line.text == "global") + 1
    identity = Line(f"    description topology={topology} config={digest}")
    return Config((*lines[:at], identity, *lines[at:]), digest)


def read_digest(text: str) -> str | None:
    """The digest that a configuration text carries, if it is ours and nobody edited it."""
    match = _DIGEST_LINE.search(text)
    if match is None:
        return None
    lines = [line for line in text.removesuffix("\n").split("\n") if line != match[0]]
    return match[2] if _digest(Line(line) for line in lines) == match[2] else None


def _digest(lines: Iterable[Line]) -> str:
    content = "".join(f"{line.text}\n" for line in lines)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


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
    if proxy.stats is not None:
        yield from _stats(proxy.stats)
    for frontend in proxy.frontends:
        yield from _frontend(frontend)
    for backend in proxy.backends:
        yield from _backend(backend)


def _global(proxy: Proxy) -> Iterator[Line]:
    yield Line("    log stdout format raw local0 info")
    if proxy.hands_over:
        yield from _handover()
    else:
        yield Line(f"    stats socket {RUNTIME_SOCKET} mode 600 level admin")
    yield Line(f"    hard-stop-after {format_duration(proxy.hard_stop_after_s)}",
               ("haproxy", "hard_stop_after"))  # fmt: skip
    if proxy.maxconn is not None:
        yield Line(f"    maxconn {proxy.maxconn}", ("haproxy", "maxconn"))
    yield from _raw(proxy.raw_global)


def _handover() -> Iterator[Line]:
    """Listening sockets are handed out on the runtime socket, and never doubled: with SO_REUSEPORT
    two HAProxys of one user would share a port unasked, and lose what one has not accepted yet."""
    yield Line(f'    stats socket "{OWN_RUNTIME_SOCKET}" mode 600 level admin expose-fd listeners')
    yield Line("    noreuseport")


def _bind(listener: Listener) -> str:
    """Without a word on it, HAProxy does not know a socket of a single IPv6 address again that its
    predecessor hands it, and opens another."""
    if listener.address is None:
        return f"    bind :{listener.port}"
    if ":" in listener.address:
        return f"    bind [{listener.address}]:{listener.port} v6only"
    return f"    bind {listener.address}:{listener.port}"


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


def _stats(stats: StatsPage) -> Iterator[Line]:
    if stats.users:
        yield Line("")
        yield Line("userlist stats-users")
        for user, password in stats.users:
            keyword = "password" if re.match(r"\$[0-9a-z]+\$", password) else "insecure-password"
            auth = (*stats.path, "auth")
            yield Line(f"    user {quote(user)} {keyword} {quote(password)}", auth, (auth,))
    yield Line("")
    yield Line("frontend stats", stats.path)
    yield Line(_bind(stats.listener), stats.listener.path)
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


def _frontend(frontend: Frontend) -> Iterator[Line]:
    yield Line("")
    yield Line(f"frontend {frontend.name}", frontend.path)
    if frontend.mode == "tcp":
        yield Line("    mode tcp", (*frontend.path, "mode"))
        yield Line("    option tcplog", frontend.path)
    for listener in frontend.listeners:
        yield Line(_bind(listener), listener.path, ((*frontend.path, "bind"),))
    yield Line(f"    default_backend {frontend.default_backend}",
               (*frontend.path, "default_backend"))  # fmt: skip


def _backend(backend: Backend) -> Iterator[Line]:
    yield Line("")
    yield Line(f"backend {backend.name}", backend.path)
    if backend.mode == "tcp":
        yield Line("    mode tcp", (*backend.path, "mode"))
    yield Line(f"    balance {backend.balance}", (*backend.path, "balance"))
    if backend.check is not None:
        yield from _check(backend.check, backend.name)
    path = backend.path
    if common := list(_server_defaults(backend)):
        yield Line(" ".join(["    default-server", *common]), path,
                   ((*path, "check"), (*path, "weight"), (*path, "maxconn")))  # fmt: skip
    for server in backend.servers:
        text = f"    server {server.name} {server.address}:{server.port}"
        yield Line(text, path, ((*path, "port"),))


def _server_defaults(backend: Backend) -> Iterator[str]:
    """What all servers of a backend have in common. A name that does not resolve yet is no error:
    the resolver goes on asking."""
    if backend.resolves:
        yield "resolvers docker init-addr libc,none resolve-prefer ipv4"
    if backend.check is not None:
        check = backend.check
        inter = format_duration(check.interval_s)
        yield f"check inter {inter} fastinter {_fast(check)} rise {check.rise} fall {check.fall}"
    if backend.weight != 1:
        yield f"weight {backend.weight}"
    if backend.maxconn is not None:
        yield f"maxconn {backend.maxconn}"


def _check(check: Check, host: str) -> Iterator[Line]:
    if check.timeout_s is not None:
        yield Line(
            f"    timeout check {format_duration(check.timeout_s)}", check.path, (check.path,)
        )
    if check.url is None:
        return
    yield Line("    option httpchk", check.path)
    request = f"meth {check.method} uri {quote(check.url)} ver HTTP/1.1 hdr Host {host}"
    yield Line(f"    http-check send {request}", check.path, (check.path,))
    yield Line(f"    http-check expect status {check.status}", check.path, (check.path,))


def _fast(check: Check) -> str:
    """While a server changes state it is asked more often, so that changes settle quickly."""
    return format_duration(min(check.interval_s, 0.5))
