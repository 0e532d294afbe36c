"""How a backend knows clients again, as data (manual, 4.2 "cookie", "stick-table", "stick on")."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class Cookie(Struct, frozen=True):
    """One that HAProxy gives to clients. What is in it comes from the address of the server, since
    servers have other places in each configuration, and from a key."""

    name: str
    key: str
    path: Path
    domains: tuple[str, ...] = ()
    httponly: bool = True
    secure: bool = False
    samesite: str = ""
    maxidle_s: float | None = None
    maxlife_s: float | None = None


class StickTable(Struct, frozen=True):
    """HAProxy's own memory of who was where. `fetch` is what clients are known by, of this type."""

    type: str
    fetch: str
    expire_s: float
    size: int
    path: Path


Sticky = Cookie | StickTable


def cookie_key(topology: str, backend: str) -> str:
    """It hides addresses from whoever only looks at a cookie. It is no secret, and must be the same
    in each configuration, or every client would be sent to another server."""
    return hashlib.sha256(f"{topology}/{backend}".encode()).hexdigest()[:16]
