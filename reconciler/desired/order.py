"""The order of backends: those that others depend on first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

Condition = Literal["started", "healthy"]


class Dependency(Struct, frozen=True):
    """What a backend waits for before its containers start."""

    backend: str
    condition: Condition = "healthy"


def in_order(names: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Each name after those it needs, and else as they come. Names that need each other, as those
    of containers made from different files may, keep their order."""
    known = list(dict.fromkeys(names))
    placed: dict[str, None] = {}

    def place(name: str, above: tuple[str, ...]) -> None:
        if name in placed or name in above or name not in known:
            return
        for need in needs.get(name, ()):
            place(need, (*above, name))
        placed[name] = None

    for name in known:
        place(name, ())
    return list(placed)
