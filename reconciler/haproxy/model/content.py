"""What is done with answers on their way, as data (manual, 4.2 "compression", and 6 "Cache")."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.origin import Path

UNCACHED = "txn.uncached"
"""The variable of a request that no cache is for."""


class Compression(Struct, frozen=True):
    algorithms: tuple[str, ...]
    types: tuple[str, ...]
    is_offloaded: bool
    path: Path


class Cache(Struct, frozen=True):
    """A cache of one backend, and named by it."""

    name: str
    total_mb: int
    max_object_bytes: int | None
    max_age_s: float
    varies: bool
    path: Path
    is_left_out: bool = False
    """Whether some rule keeps its requests from it."""
