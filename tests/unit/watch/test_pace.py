"""Times to wait, and how often one thing is repaired."""

from __future__ import annotations

from reconciler.watch.pace import Backoff, Repairs


def test_backoff() -> None:
    backoff = Backoff(1.0, 10.0, lambda low, high: high if low * 2 == high else 0.0)
    assert [backoff.fail() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    for _ in range(2000):
        assert backoff.fail() == 10
    backoff.reset()
    assert backoff.fail() == 1


def test_jitter_stays_in_its_bounds() -> None:
    backoff = Backoff(1.0, 10.0)
    for full in (1, 2, 4, 8, 10, 10):
        assert full / 2 <= backoff.fail() <= full


def test_repairs_of_one_thing_get_rarer() -> None:
    repairs, now, waits = Repairs(), 0.0, []
    for _ in range(12):
        waits.append(repairs.wait_s(["web-1"], now))
        now += waits[-1]
        repairs.note(["web-1"], now)
    assert waits[:6] == [0, 0, 2, 4, 8, 16]
    assert max(waits) == Repairs.LONGEST_S
    assert repairs.wait_s(["web-1", "web-2"], now) == 0, "the other one may be"
    assert repairs.wait_s([], now) == 0
    assert repairs.wait_s(["web-1"], now + Repairs.LONGEST_S) == 0


def test_what_lasts_is_forgiven() -> None:
    repairs = Repairs()
    for _ in range(4):
        repairs.note(["web-1"], 0.0)
    repairs.note(["web-1"], 1000.0)
    assert repairs.wait_s(["web-1"], 1000.0) == 0
    repairs.note(["web-1"], 1001.0)
    assert repairs.wait_s(["web-1"], 1001.0) > 0
    repairs.reset()
    assert repairs.wait_s(["web-1"], 1001.0) == 0
