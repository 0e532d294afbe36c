"""Answers of HAProxy's own to what goes wrong, as data (manual, 4.2 "http-error")."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class ErrorPage(Struct, frozen=True):
    """`place` is the file with the body, in HAProxy's container."""

    status: str
    place: str
    content_type: str
    headers: tuple[tuple[str, str], ...]
    path: Path
