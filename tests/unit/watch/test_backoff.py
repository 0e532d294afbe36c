"""Times to wait after failures in a row."""

from __future__ import annotations

import pytest

from reconciler.watch.backoff import Backoff

BACKOFF = Backoff(1.0, 10.0)


def test_twice_as_long_each_time_up_to_a_bound() -> None:
    assert [BACKOFF.wait_s(failures) for failures in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert BACKOFF.wait_s(2000) == 10


@pytest.mark.parametrize("luck", [0.0, 0.3, 1.0])
def test_luck_spreads_it_over_its_second_half(luck: float) -> None:
    for failures, full in enumerate((1, 2, 4, 8, 10, 10), 1):
        assert BACKOFF.wait_s(failures, luck) == pytest.approx(full / 2 + luck * full / 2)
