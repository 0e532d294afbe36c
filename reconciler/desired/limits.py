"""The limits of a container that Docker changes in place. It takes none away in place."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from reconciler.desired.impact import Impact
from reconciler.desired.marks import as_it_is, host, known, value_of

SHARES = 1024
"""CPU shares of one core: what a container has that reserves nothing."""


def _limit(key: str, docker: str, made: Any = as_it_is) -> Any:
    return known(None, f"resources.{key}", impact=Impact.NONE, made=made, docker=host(docker))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None leaves a limit as it is, or is none."""

    cpus: float | None = _limit("cpus", "NanoCpus")
    memory_bytes: int | None = _limit("memory", "Memory")
    pids: int | None = _limit("pids", "PidsLimit")
    cpu_shares: int | None = _limit(
        "reservations.cpus", "CpuShares", lambda cores: round(cores * SHARES)
    )
    reserved_memory_bytes: int | None = _limit("reservations.memory", "MemoryReservation")


LIMITS = tuple(own.name for own in fields(Limits))


def limit(name: str) -> Any:
    """A field of a spec that is one of these."""
    own = next(own for own in fields(Limits) if own.name == name)
    return field(default=own.default, metadata=own.metadata)


def limits_in(owner: Any) -> Limits:
    """Of a spec, or of a container that is there: they have the same fields."""
    return Limits(**{name: getattr(owner, name) for name in LIMITS})


def limits_of(wish: Any) -> dict[str, Any]:
    """The fields of a spec, as a backend of the file says them, or HAProxy."""
    return {own.name: value_of(own, wish) for own in fields(Limits)}
