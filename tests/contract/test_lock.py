"""A topology's lock is one run's at a time, and free when that run is over."""

from __future__ import annotations

import pytest

from reconciler.engine.errors import EngineError, LockedError
from tests.contract.bench import Bench
from tests.images import ABSENT, HAPROXY


def test_one_at_a_time(bench: Bench) -> None:
    lock = bench.engine.lock
    with lock(bench.topology, "first", [ABSENT, HAPROXY], 0.0):
        with pytest.raises(LockedError) as caught, lock(bench.topology, "second", [HAPROXY], 0.0):
            pass
        assert caught.value.diagnostic.code == "locked"
        assert "first" in caught.value.diagnostic.message
        with lock(f"{bench.topology}-other", "second", [HAPROXY], 0.0):
            pass
    with lock(bench.topology, "second", [HAPROXY], 5.0):
        pass


def test_it_is_free_at_once(bench: Bench) -> None:
    """Docker removes the holder's container by itself: whoever lets go waits until it has."""
    for turn in range(10):
        with bench.engine.lock(bench.topology, f"turn {turn}", [HAPROXY], 0.0):
            pass


def test_an_error_lets_go_of_it(bench: Bench) -> None:
    with pytest.raises(RuntimeError), bench.engine.lock(bench.topology, "first", [HAPROXY], 0.0):
        raise RuntimeError
    with bench.engine.lock(bench.topology, "second", [HAPROXY], 5.0):
        pass


def test_it_needs_an_image_that_is_here(bench: Bench) -> None:
    with (
        pytest.raises(EngineError) as caught,
        bench.engine.lock(bench.topology, "x", [ABSENT], 0.0),
    ):
        pass
    assert caught.value.diagnostic.code == "no-lock-image"


def test_it_is_not_a_container_of_the_topology(bench: Bench) -> None:
    with bench.engine.lock(bench.topology, "first", [HAPROXY], 0.0):
        seen = bench.see()
    assert seen.containers == ()
    assert seen.holders == ()
