"""Marks: what is known of a key of the file beside its type. Each stands at the key itself, in its
`Annotated`, and `anatomy.py` finds it there.

A mark decides nothing. Who acts by one names the mark, and never the key.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class NamesFile(Struct, frozen=True):
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


class Appends(Struct, frozen=True):
    """Marks a list that grows where files are merged, as it does in Compose; any other is replaced.
    An item that is there already is not added again."""

    same: Literal["text", "target", "all"] = "text"
    """Which two items are one: those of one text, or of one source or target as mappings; those of
    one target in the text, too; or those that are alike in all."""


class AsPairs(Struct, frozen=True):
    """Marks a mapping that may be written as a list of `NAME=value`."""


class ByName(Struct, frozen=True):
    """Marks a list that may be written as a mapping, by the name of each item."""


class OfContainers(Struct, frozen=True):
    """Marks a key of a backend that is for containers, and says nothing where it has none of its
    own. Docker's options are so by their class."""


class HttpOnly(Struct, frozen=True):
    """Marks a key that looks at requests, or answers them: `mode: tcp` has none."""

    reason: str = "is for HTTP"
    """What is said of the key."""
    on_key: bool = True
    """Whether the key is pointed at: its value, where that is short."""


class InTcp(Struct, frozen=True):
    """Marks a key of a rule that rules of `mode: tcp` have. Any other is for HTTP."""

    instead: str = ""
    """What to write in those of `mode: http`, where they have it not."""


class Protects(Struct, frozen=True):
    """Marks a key that keeps somebody out: one whose value was forgotten is refused."""


class AsksAddress(Struct, frozen=True):
    """Marks a key that looks at the address of clients."""

    without: str
    """What it does where no client has one."""


class Matches(Struct, frozen=True):
    """Marks a key of a rule that says what the rule is for."""


class Acts(Struct, frozen=True):
    """Marks a key of a rule that says what it does. A rule has one of them."""


class OnTheWay(Struct, frozen=True):
    """Marks a key of a rule that changes what goes to a backend."""


class InPlaceOf(Struct, frozen=True):
    """Marks a key that says what another does in Compose, which people bring along."""

    key: str
    hint: str = ""
    """What to write; that the key is called otherwise here, when not given."""


class Hidden(Struct, frozen=True):
    """Marks content that nobody is shown."""


class Example(Struct, frozen=True):
    """Marks a text of a pattern."""

    hint: str
    """What to write, for one that is not as the pattern."""
