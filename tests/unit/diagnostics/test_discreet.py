"""What nobody is shown is in no `repr`, also within others."""

from __future__ import annotations

from msgspec import Struct

from reconciler.diagnostics.discreet import Discreet


class Letter(Discreet, Struct, frozen=True):
    unshown = ("text",)

    to: str
    text: str = ""


class Box(Struct, frozen=True):
    letters: tuple[Letter, ...]


def test_repr_leaves_out_what_is_not_shown() -> None:
    assert repr(Letter("you", "hunter2")) == "Letter(to='you')"
    assert str(Box((Letter("you", "hunter2"),))) == "Box(letters=(Letter(to='you'),))"


def test_it_counts_all_the_same() -> None:
    assert Letter("you", "a") != Letter("you", "b")
