"""Colour, only where somebody looks: the words are the same without it."""

from __future__ import annotations

from msgspec import Struct

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "add": "32",
    "change": "33",
    "remove": "31",
    "good": "32",
    "bold": "1",
    "dim": "2",
    "place": "34",
}
COLOURS = ("0", *dict.fromkeys(_CODES.values()))
"""All that it writes: these and nothing else may be in a line."""


class Paint(Struct, frozen=True):
    """Wraps text in a colour by what it means, or leaves it as it is."""

    enabled: bool = False

    def __call__(self, kind: str, text: str) -> str:
        return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if self.enabled and text else text
