"""Marks: what is known of a key of the file beside its type. Each stands at the key itself, in its
`Annotated`, and `anatomy.py` finds it there.

A mark decides nothing. Who acts by one names the mark, and never the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class NamesFile:
    """Marks a text that names a file, or a directory, relative to the file that it is written in.
    Only by it does such a text go on to name the same file where several files are merged."""

    with_dot: bool = False
    """Only with `./` or `../` at its start; else it is a name of something else."""
    after: tuple[str, ...] = ()
    """Only behind one of these, which stands in the text before it."""
    but: tuple[str, ...] = ()
    """Words that stand in the place of a name, and are none."""

    def parts_of(self, text: str) -> tuple[str, str] | None:
        """What stands before the name, and the name; None for a text that names no file."""
        head = next((head for head in self.after or ("",) if text.startswith(head)), None)
        if head is None or text[len(head) :] in self.but:
            return None
        return head, text[len(head) :]


@dataclass(frozen=True, slots=True)
class Appends:
    """Marks a list that grows where files are merged, as it does in Compose; any other is replaced.
    An item that is there already is not added again."""

    same: Literal["text", "target", "all"] = "text"
    """Which two items are one: those of one text, or of one source or target as mappings; those of
    one target in the text, too; or those that are alike in all."""


@dataclass(frozen=True, slots=True)
class AsPairs:
    """Marks a mapping that may be written as a list of `NAME=value`."""


@dataclass(frozen=True, slots=True)
class ByName:
    """Marks a list that may be written as a mapping, by the name of each item."""
