"""Lines that fit a screen, with all their words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.view.width import fitting_table, wrapped

LINE = "  ~ haproxy                         no reload: servers of `web` change, and more  [runtime]"


def test_a_line_is_wrapped_between_words() -> None:
    assert wrapped(LINE, 100) == [LINE]
    assert wrapped(LINE, 84) == [
        "  ~ haproxy                         no reload: servers of `web` change, and more",
        "      [runtime]",
    ]


def test_colours_take_no_room() -> None:
    line = f"\x1b[1m{'a' * 39}\x1b[0m {'b' * 40}"
    assert wrapped(line, 80) == [line]


@given(st.lists(st.text("ab[]~", min_size=1, max_size=30), min_size=1), st.integers(10, 100))
def test_every_word_is_there_once(words: list[str], width: int) -> None:
    lines = wrapped("  " + " ".join(words), width)
    assert [word for line in lines for word in line.split()] == words
    assert all(len(line) <= width or len(line.split()) == 1 for line in lines)


ROWS = [
    ("NAME", "STATE", "ADDRESS", "NOTE"),
    ("web-1", "UP", "192.0.2.1", ""),
    ("w", "DOWN", "", ""),
]


def test_a_table_loses_columns_where_it_is_too_wide() -> None:
    assert fitting_table(ROWS, None, ("ADDRESS",))[0] == "NAME   STATE  ADDRESS    NOTE"
    assert fitting_table(ROWS, 20, ("ADDRESS",))[0] == "NAME   STATE  NOTE"
    assert fitting_table(ROWS, 80, ("NOTE",))[0] == "NAME   STATE  ADDRESS", "nothing is in it"
