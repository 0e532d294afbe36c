"""Text that is safe to show, whatever is in it: the last thing that happens to a line.

Names, logs, answers of Docker and of registries may hold what moves a cursor, renames a window or
turns the order of letters. Of all control sequences only the colours of our own paint pass.
"""

from __future__ import annotations

import json
import re
import unicodedata

from reconciler.view.paint import COLOURS

REPLACEMENT = "\ufffd"
_OWN = re.compile("(" + "|".join(re.escape(f"\x1b[{code}m") for code in COLOURS) + ")")
_RESET = "\x1b[0m"


def printable(line: str) -> str:
    """One line, in which nothing is but characters that stand where they are, and our colours."""
    if line.isprintable():
        return line
    parts = _OWN.split(line)
    shown = "".join(part if at % 2 else _plain(part) for at, part in enumerate(parts))
    # A colour that came from elsewhere ends with its line.
    return shown if len(parts) == 1 or parts[-2] == _RESET else shown + _RESET


def _plain(text: str) -> str:
    return text if text.isprintable() else "".join(map(_character, text))


def _character(c: str) -> str:
    if c.isprintable():
        return c
    return " " if c == "\t" or unicodedata.category(c) == "Zs" else REPLACEMENT


def json_text(document: object, *, indent: int | None = None) -> str:
    """A document as JSON, with an escape for each character that could not be shown."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    return "\n".join(map(_escaped, text.split("\n")))


def _escaped(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
