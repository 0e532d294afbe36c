"""Answers of HAProxy's own to what goes wrong, as data (manual, 4.2 "http-error")."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.haproxy.model.origin import Path


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`place` is the file with the body, in HAProxy's container."""

    status: str
    place: str
    content_type: str
    headers: tuple[tuple[str, str], ...]
    path: Path
