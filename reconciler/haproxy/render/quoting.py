"""Text to words of haproxy.cfg (manual, 2.2 "Quoting and escaping"). Nothing else writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.haproxy.model.known import Known

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:@%+,=~*!?{}()\[\]-]+\Z")


def quote(text: str) -> str:
    """One word that reads back as `text`.

    Raises ValueError for control characters: no quoting makes those safe in every place.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("control characters cannot stand in haproxy.cfg")
    if _PLAIN_WORD.match(text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def quote_format(text: str) -> str:
    """The same where HAProxy reads a log format: nothing in the text is a variable of it."""
    return quote(text.replace("%", "%%"))


def quote_parts(parts: Iterable[str | Known]) -> str:
    """One word of a log format: texts, of which nothing is replaced, and what HAProxy knows."""
    words = (p.replace("%", "%%") if isinstance(p, str) else f"%[{p.fetch}]" for p in parts)
    return quote("".join(words))


def quote_text(text: str) -> str:
    """One word of several lines: breaks and tabs stand as escapes between quoted pieces."""
    pieces = re.split(r"([\n\r\t])", text)
    escapes = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(escapes.get(piece) or quote(piece) for piece in pieces if piece)


def format_duration(seconds: float) -> str:
    """Seconds in the largest unit of HAProxy that holds them whole."""
    milliseconds = round(seconds * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"
