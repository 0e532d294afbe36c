"""The limits of a container that Docker changes in place. It takes none away in place."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None leaves a limit as it is, or is none."""

    cpus: float | None = None
    memory_bytes: int | None = None
    pids: int | None = None
    cpu_shares: int | None = None
    reserved_memory_bytes: int | None = None


LIMITS = tuple(field.name for field in fields(Limits))


def limits_in(owner: Any) -> Limits:
    """Of a spec, or of a container that is there: they have the same fields."""
    return Limits(**{name: getattr(owner, name) for name in LIMITS})
