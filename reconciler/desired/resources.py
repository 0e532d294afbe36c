"""A container's resource limits, which Docker changes in place. It takes none away in place."""

from __future__ import annotations

from typing import Any

from reconciler.desired.impact import Impact
from reconciler.desired.marks import Marked, as_it_is, fields_of, host, known, value_of

SHARES = 1024
"""CPU shares of one core: what a container has that reserves nothing."""


def _limit(key: str, docker: str, made: Any = as_it_is) -> Any:
    return known(None, f"resources.{key}", impact=Impact.NONE, made=made, docker=host(docker))


class ResourceLimits(Marked, frozen=True, kw_only=True):
    """A limit that is None is as it was when it changes something, and no limit of a container."""

    cpus: float | None = _limit("cpus", "NanoCpus")
    memory_bytes: int | None = _limit("memory", "Memory")
    pids: int | None = _limit("pids", "PidsLimit")
    cpu_shares: int | None = _limit(
        "reservations.cpus", "CpuShares", lambda cores: round(cores * SHARES)
    )
    reserved_memory_bytes: int | None = _limit("reservations.memory", "MemoryReservation")


RESOURCE_LIMITS = tuple(own.name for own in fields_of(ResourceLimits))


def resource_limit(name: str) -> Any:
    """A field of another class that is one of these limits, with the same marks."""
    return next(own for own in fields_of(ResourceLimits) if own.name == name)


def resources_in(owner: Any) -> ResourceLimits:
    """The limits of a spec, or of a container that is there: they have the same fields."""
    return ResourceLimits(**{name: getattr(owner, name) for name in RESOURCE_LIMITS})


def resources_text(owner: Any) -> str:
    """The same as text, for a fingerprint, which stays when a class gets another name."""
    limits = ", ".join(f"{name}={getattr(owner, name)!r}" for name in RESOURCE_LIMITS)
    return f"ResourceLimits({limits})"


def compile_resources(wish: Any) -> dict[str, Any]:
    """The fields of a spec, as a backend of the file says them, or HAProxy."""
    return {own.name: value_of(own, wish) for own in fields_of(ResourceLimits)}
