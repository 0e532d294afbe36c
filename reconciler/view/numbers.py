"""Numbers and times as people say them."""

from __future__ import annotations

from collections.abc import Iterable


def count(number: int, noun: str) -> str:
    """`1 server`, `3 servers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def seconds(value: float) -> str:
    """A measured time: `0.42 s`, `8.4 s`, `95 s`."""
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 60 else f"{value:.0f} s"


def ago(value: float) -> str:
    """A span of time, in its largest unit: `12 s`, `3 m`, `4 h`, `2 d`."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if value >= size:
            return f"{int(value // size)} {unit}"
    return f"{max(0, int(value))} s"


def size(value: int) -> str:
    """Bytes: `12 MB`."""
    return f"{value / 1e6:.1f} MB" if value < 1e7 else f"{value / 1e6:.0f} MB"


def table(rows: Iterable[tuple[str, ...]], gap: str = "  ") -> list[str]:
    """Columns as wide as their widest cell; no space at the ends of lines."""
    cells = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return [
        gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
