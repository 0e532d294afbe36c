"""Long tests begin first, on whatever worker."""

from __future__ import annotations

import pytest

from tests.order import dealt


def rows(order: list[str], workers: int) -> list[list[str]]:
    """As xdist gives them out."""
    found = []
    for left in range(workers, 0, -1):
        size = len(order) // left
        found.append(order[:size])
        order = order[size:]
    return found


@pytest.mark.parametrize("workers", range(1, 6))
@pytest.mark.parametrize("short", ["", "a", "abc", "abcdefghijklmnopqr"])
@pytest.mark.parametrize("long", ["", "A", "ABCDE"])
def test_each_row_begins_with_long_ones(long: str, short: str, workers: int) -> None:
    order = dealt(list(long), list(short), workers)
    assert sorted(order) == sorted(long + short)
    assert [one for one in order if one.islower()] == list(short)
    if len(long) <= len(short):  # else a row may have nothing but long ones
        for row in rows(order, workers):
            assert "".join(row) == "".join(sorted(row, key=str.islower))


def test_all_have_some() -> None:
    found = rows(dealt(list("ABCDE"), list("abcdefgh"), 3), 3)
    assert ["".join(filter(str.isupper, row)) for row in found] == ["AD", "BE", "C"]
