"""Lines made to fit a screen, by their words, so that no word is broken where the screen ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.view.numbers import table

_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_HANGING = 4
"""How far what follows stands behind the beginning of a line."""


def wrapped(line: str, width: int) -> list[str]:
    """One line in as many as it takes; a word that is longer than the screen stays whole."""
    if _length(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip(" "))]
    further = " " * min(len(indent) + _HANGING, width // 2)
    lines, current = [], indent
    for gap, word in re.findall("( *)([^ ]+)", line[len(indent) :]):
        if current.strip() and _length(current + gap + word) > width:
            lines.append(current)
            current = further + word
        else:
            current += gap + word
    return [*lines, current]


def _length(text: str) -> int:
    return len(_COLOUR.sub("", text))


def fitting_table(
    rows: Sequence[tuple[str, ...]], width: int | None, spare: Sequence[str]
) -> list[str]:
    """A table without the columns of `spare`, named by their headings, in which nothing stands, and
    those that it is too wide for; the first of them goes first."""
    for heading in spare:
        at = rows[0].index(heading)
        too_wide = width is not None and max(map(len, table(rows))) > width
        if too_wide or not any(row[at] for row in rows[1:]):
            rows = [(*row[:at], *row[at + 1 :]) for row in rows]
    return table(rows)
