"""A backend's section: how traffic is shared, what its servers have in common, and each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Backend, OutsideServer, RawLine
from reconciler.haproxy.model.balance import hash_texts
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.render.check import check_lines, check_words, spare_rhythm
from reconciler.haproxy.render.content import cache_lines, compression_lines
from reconciler.haproxy.render.errors import error_lines
from reconciler.haproxy.render.link import link_words
from reconciler.haproxy.render.quoting import quote
from reconciler.haproxy.render.settings import server_words, settings_lines
from reconciler.haproxy.render.sticky import sticky_lines
from reconciler.haproxy.slots import PROBE_SUFFIX


def render_backend(backend: Backend) -> str:
    """The section alone."""
    return "".join(f"{line.text}\n" for line in backend_lines(backend))


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
        yield from check_lines(backend.check)
    yield from raw_lines(backend.raw)
    yield from cache_lines(backend.cache)
    path = backend.path
    keys = (*_OF_ALL, *(key for key, _ in server_words(backend.settings)))
    places = tuple((*path, key) for key in keys)
    # A server takes all that the lines above it say, and none of it back.
    in_hosts = [server for server in backend.outside if server.is_in_hosts]
    if in_hosts:
        yield from _defaults(_of_all_servers(backend), path, places)
        yield from (_outside(server, backend) for server in in_hosts)
        if backend.port:
            yield from _defaults(_of_names(backend), path, places)
    else:
        yield from _defaults((*_of_names(backend), *_of_all_servers(backend)), path, places)
    yield from (_outside(s, backend) for s in backend.outside if not s.is_in_hosts)
    yield from live_server_lines(backend)


def _defaults(words: Iterable[str], path: Path, places: tuple[Path, ...]) -> Iterator[Line]:
    if text := " ".join(words):
        yield Line(f"    default-server {text}", path, places)


_OF_ALL = ("check", "weight", "port", "tls", "proto", "send_proxy")
"""Keys of a backend that say something of all its servers, beside those of `server_words`."""


_FOLLOWS_ITS_NAME = "resolve-prefer ipv4 resolve-opts allow-dup-ip"
_WITHOUT_ADDRESS = "init-addr libc,none"
"""A name that does not resolve yet is no error: the resolver goes on asking. Two servers may have
one address: spare ones all have HAProxy's, and containers that start anew may swap theirs, where
the one would wait for the other to give its own up."""


def _of_names(backend: Backend) -> Iterator[str]:
    """What servers have in common whose addresses are names that Docker knows."""
    if backend.resolves:
        yield f"resolvers docker {_WITHOUT_ADDRESS} {_FOLLOWS_ITS_NAME}"


def _of_all_servers(backend: Backend) -> Iterator[str]:
    if checked := backend.checked_port(backend.port):
        # to check on; and no server can be told another port meanwhile
        yield f"port {checked}"
    yield from link_words(backend.link, is_checked=backend.check is not None)
    if backend.check is not None:
        yield from check_words(backend.check)
    yield from (words for _, words in server_words(backend.settings))
    if backend.weight != 1 and not backend.has_live_weight:
        yield f"weight {backend.weight}"


def _outside(server: OutsideServer, backend: Backend) -> Line:
    """Weight and limit come last: `config.frozen` takes off what can be changed at run time. They
    are said even if they are as the backend's, since those may stand in lines further down."""
    text = f"    server {server.name} {_place(server)}"
    if server.port:
        text += f" port {backend.checked_port(server.port)}"
    first = f"init-addr libc,{server.init_address}" if server.init_address else _WITHOUT_ADDRESS
    if server.resolves:
        text += f" resolvers outside {first} {_FOLLOWS_ITS_NAME}"
    elif server.is_in_hosts:
        text += f" {first}"
    if server.backup:
        text += " backup"
    text += f" weight {server.weight}"
    if server.maxconn is not None:
        text += f" maxconn {server.maxconn}"
    path = backend.path
    return Line(text, server.path, ((*path, "port"), (*path, "weight"), (*path, "maxconn")))


def _place(server: OutsideServer) -> str:
    if not server.port:
        return quote(server.address)
    host = f"[{server.address}]" if ":" in server.address else server.address
    return f"{host}:{server.port}"


def live_server_lines(backend: Backend) -> Iterator[Line]:
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
    yield Line(
        f"{text} disabled{_spare_rhythm(backend)}", path, ((*path, "port"), (*path, "check"))
    )


def _spare_rhythm(backend: Backend) -> str:
    """`inter` bounds the time to connect as well, in which a TLS server has much to do."""
    if backend.check is None or backend.link.tls:
        return ""
    return spare_rhythm(backend.check)


def raw_lines(lines: Iterable[RawLine]) -> Iterator[Line]:
    return (Line(f"    {line.text}", line.path) for line in lines if line.text)
