"""Where in the user's file a part of the configuration comes from."""

from __future__ import annotations

from msgspec import Struct

Path = tuple[str | int, ...]
"""Keys and indices; only carried through."""


class RawLine(Struct, frozen=True):
    text: str
    path: Path
