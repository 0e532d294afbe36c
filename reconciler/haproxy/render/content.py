"""What sections say of answers on their way, and the sections of caches."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.content import UNCACHED, Cache, Compression


def compression_lines(compression: Compression | None) -> Iterator[Line]:
    if compression is None:
        return
    path = compression.path
    texts = [
        f"algo {' '.join(compression.algorithms)}",
        f"type {' '.join(compression.types)}",
        *(["offload"] if compression.is_offloaded else []),
    ]
    for text in texts:
        yield Line(f"    compression {text}", path, (path,))


def cache_section(cache: Cache | None) -> Iterator[Line]:
    if cache is None:
        return
    yield Line("")
    yield Line(f"cache {cache.name}", cache.path)
    yield Line(f"    total-max-size {cache.total_mb}", (*cache.path, "size"), (cache.path,))
    if cache.max_object_bytes is not None:
        at = (*cache.path, "max_object_size")
        yield Line(f"    max-object-size {cache.max_object_bytes}", at, (cache.path,))
    yield Line(f"    max-age {int(cache.max_age_s)}", (*cache.path, "max_age"), (cache.path,))
    if cache.varies:
        yield Line("    process-vary on", (*cache.path, "vary"), (cache.path,))


def cache_lines(cache: Cache | None) -> Iterator[Line]:
    """A backend's lines, which come after what may say first whether an answer is to be kept."""
    if cache is not None:
        unless = f" unless {{ var({UNCACHED}) -m found }}" if cache.is_left_out else ""
        yield Line(f"    http-request cache-use {cache.name}{unless}", cache.path)
        yield Line(f"    http-response cache-store {cache.name}{unless}", cache.path)
