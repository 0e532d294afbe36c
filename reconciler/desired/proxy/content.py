"""Compression and caches to HAProxy's own model."""

from __future__ import annotations

from reconciler.diagnostics.place import Path
from reconciler.haproxy.model import content as haproxy
from reconciler.topology.model import Backend, Frontend, Topology


def compile_compression(owner: Frontend | Backend, path: Path) -> haproxy.Compression | None:
    wish = owner.compression
    if wish is None:
        return None
    return haproxy.Compression(wish.algo, wish.types, wish.offload, (*path, "compression"))


def compile_cache(topology: Topology, name: str) -> haproxy.Cache | None:
    wish = topology.backends[name].cache
    if wish is None:
        return None
    return haproxy.Cache(
        name=name,
        total_mb=wish.size // 1024**2,
        max_object_bytes=wish.max_object_size,
        max_age_s=wish.max_age,
        varies=wish.vary,
        path=("backends", name, "cache"),
        is_left_out=any(
            not rule.cache and (name == rule.backend or name in rule.split)
            for frontend in topology.frontends.values()
            for rule in frontend.rules
        ),
    )
