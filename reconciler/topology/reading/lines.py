"""Lines of a text and places in it, as YAML counts them."""

from __future__ import annotations

import re

from reconciler.diagnostics.place import Span

_LINE_END = re.compile("\r\n|[\r\n]")


def split_lines(text: str) -> list[str]:
    """Lines as YAML counts them (YAML 1.2.2, 5.4): the `line` of a place is one of these."""
    return _LINE_END.split(text)


def cover(text: str, span: Span) -> str:
    """Stars in one place of a text."""
    lines = _LINE_END.split(text)
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
