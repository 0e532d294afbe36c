"""Kills, faults and edits from a seed, under load: the short form of `make chaos`."""

from __future__ import annotations

from benchmarks.chaos.rounds import run_chaos


def test_nothing_is_lost(haproxy_image: str) -> None:
    record = run_chaos(haproxy_image, seed=4, rounds=3)
    assert record.wrongs == []
    assert record.requests > 50
