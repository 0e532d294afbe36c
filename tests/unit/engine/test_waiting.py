"""Times to wait, and questions that are asked again, in a time that passes as told."""

from __future__ import annotations

import pytest

from reconciler.engine import waiting
from reconciler.engine.errors import CancelledError
from reconciler.engine.waiting import Backoff, tries


class Time:
    """Stands in for the module: a sleep takes as long as it says, and nothing else takes time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        self.now += pause_s


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(waiting, "time", time)
    return time


def test_the_last_question_is_asked_when_the_time_is_over(time: Time) -> None:
    asked = [(time.now, is_last) for is_last in tries(0.05)]
    assert asked == [(0.0, False), (0.02, False), (0.04, False), (pytest.approx(0.05), True)]


def test_no_time_is_one_question(time: Time) -> None:
    assert list(tries(0.0)) == [True]
    assert time.pauses == []


def test_who_has_an_answer_waits_no_more(time: Time) -> None:
    assert any(is_last is False for is_last in tries(60.0))
    assert time.pauses == []


def test_pauses_grow_with_what_a_question_costs(time: Time) -> None:
    for _ in tries(20.0):
        time.now += 0.005
    assert time.pauses[0] == 0.02
    assert max(time.pauses) == pytest.approx(0.1), "twenty times as long as the question"
    time.pauses.clear()
    for _ in tries(20.0, longest_s=0.2):
        time.now += 0.1
    assert max(time.pauses) == 0.2


def test_a_wait_is_given_up(time: Time) -> None:
    with pytest.raises(CancelledError):
        list(tries(60.0, lambda: time.now > 1.0))
    assert 1.0 < time.now < 1.1


def test_waits_double_up_to_a_bound() -> None:
    backoff = Backoff(1.0, 10.0)
    assert [backoff.wait_s(failures) for failures in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert backoff.wait_s(2000) == 10


def test_luck_halves_a_wait_at_most() -> None:
    assert [Backoff(1.0, 10.0).wait_s(3, luck) for luck in (0.0, 0.5, 1.0)] == [2, 3, 4]
