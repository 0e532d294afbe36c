"""How often one thing is repaired."""

from __future__ import annotations

from reconciler.watch.repairs import BACKOFF, Repairs


def test_repairs_of_one_thing_get_rarer() -> None:
    repairs, now, waits = Repairs(), 0.0, []
    for _ in range(12):
        waits.append(repairs.wait_s(["web-1"], now))
        now += waits[-1]
        repairs = repairs.noted(["web-1"], now)
    assert waits[:6] == [0, 0, 2, 4, 8, 16]
    assert max(waits) == BACKOFF.longest_s
    assert repairs.wait_s(["web-1", "web-2"], now) == 0, "the other one may be"
    assert repairs.wait_s([], now) == 0
    assert repairs.wait_s(["web-1"], now + BACKOFF.longest_s) == 0


def test_what_lasts_is_forgiven() -> None:
    repairs = Repairs()
    for _ in range(4):
        repairs = repairs.noted(["web-1"], 0.0)
    repairs = repairs.noted(["web-1"], 1000.0)
    assert repairs.wait_s(["web-1"], 1000.0) == 0
    repairs = repairs.noted(["web-1"], 1001.0)
    assert repairs.wait_s(["web-1"], 1001.0) > 0
