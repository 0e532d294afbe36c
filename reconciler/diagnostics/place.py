"""Where something stands: by its path in the topology, and by the line of a file."""

from __future__ import annotations

from msgspec import Struct

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a topology, `("backends", "web", "replicas")`."""


class Span(Struct, frozen=True):
    """A stretch of one source line; `line` and `column` count from 1, `end_column` is exclusive."""

    line: int
    column: int
    end_column: int
    file: str = ""
    """The file it is in, when that need not be the one that was named."""


class Place(Struct, frozen=True):
    """What is pointed at. A rule knows the path alone; `file` and `span` are found for it later."""

    path: Path = ()
    on_key: bool = False
    """Whether the key at the path is meant, and not its value."""
    file: str = ""
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.span.line}:{self.span.column}" if self.span else self.file


NOWHERE = Place()
