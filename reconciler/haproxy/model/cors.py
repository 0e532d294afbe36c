"""Which pages of other sites may read answers, as data (the Fetch standard, "CORS protocol")."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class Cors(Struct, frozen=True):
    """Origins are told by their text, or by regular expressions for the whole of them. Words of
    headers are names and methods, or `*`."""

    for_all: bool
    """Whether any origin will do, so that nothing depends on it."""
    origins: tuple[str, ...]
    patterns: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    credentials: bool
    max_age_s: int | None
    path: Path
