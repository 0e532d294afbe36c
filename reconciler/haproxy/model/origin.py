"""Where in the user's file a part of the configuration comes from."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and indices; only carried through."""


@dataclass(frozen=True, slots=True)
class RawLine:
    text: str
    path: Path
