"""What a backend's section says of clients that come back."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.sticky import Cookie, StickTable, Sticky
from reconciler.haproxy.render.peers import KEPT
from reconciler.haproxy.render.quoting import format_duration


def sticky_lines(sticky: Sticky | None) -> Iterator[Line]:
    match sticky:
        case Cookie():
            words = " ".join(_cookie_words(sticky))
            yield Line(f"    cookie {words}", sticky.path, (sticky.path,))
            yield Line(f"    dynamic-cookie-key {sticky.key}", sticky.path)
        case StickTable():
            yield Line(f"    stick-table {_table_words(sticky)}", sticky.path, (sticky.path,))
            yield Line(f"    stick on {sticky.fetch}", sticky.path, (sticky.path,))


def _cookie_words(cookie: Cookie) -> Iterator[str]:
    """Servers do not see it, and no cache keeps an answer that brings one."""
    yield f"{cookie.name} insert indirect nocache dynamic"
    if cookie.httponly:
        yield "httponly"
    if cookie.secure:
        yield "secure"
    if cookie.samesite:
        yield f"attr SameSite={cookie.samesite.capitalize()}"
    for domain in cookie.domains:
        yield f"domain {domain}"
    if cookie.maxidle_s is not None:
        yield f"maxidle {format_duration(cookie.maxidle_s)}"
    if cookie.maxlife_s is not None:
        yield f"maxlife {format_duration(cookie.maxlife_s)}"


def _table_words(table: StickTable) -> str:
    """Servers are known by their address: their names are others after each roll-out."""
    expire = format_duration(table.expire_s)
    return f"type {table.type} size {table.size} expire {expire} srvkey addr {KEPT}"
