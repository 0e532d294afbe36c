"""Lines of a text and places in it, as YAML counts them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from reconciler.diagnostics.place import Span

_LINE_END = re.compile("\r\n|[\r\n]")


@functools.lru_cache(maxsize=2)
def split_lines(text: str) -> tuple[str, ...]:
    """Lines as YAML counts them (YAML 1.2.2, 5.4): the `line` of a place is one of these.

    Many places of one text are asked for, one after another: it is split once.
    """
    return tuple(_LINE_END.split(text))


def cover(text: str, spans: Iterable[Span]) -> str:
    """Stars in some places of a text."""
    lines = list(split_lines(text))
    for span in spans:
        line = lines[span.line - 1]
        lines[span.line - 1] = (
            line[: span.column - 1]
            + "*" * (span.end_column - span.column)
            + line[span.end_column - 1 :]
        )
    return "\n".join(lines)


def place_after(text: str) -> Span:
    """The place of the character that comes after `text`, which starts the file."""
    lines = split_lines(text)
    column = len(lines[-1]) + 1
    return Span(len(lines), column, column + 1)
