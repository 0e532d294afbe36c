"""Docker's times, as they stand in its JSON, and Podman's."""

from __future__ import annotations

import pytest

from reconciler.engine.docker.times import parse_time, up_for

TIMES = {
    "2026-11-30T12:04:11.5Z": 1796040251.5,
    "2026-11-30T12:04:11.500000001Z": 1796040251.5,
    "2026-11-30T12:04:11Z": 1796040251.0,
    "2026-11-30T14:04:11.5+02:00": 1796040251.5,
    "0001-01-01T00:00:00Z": 0.0,
    "": 0.0,
    "yesterday": 0.0,
}


@pytest.mark.parametrize("text", TIMES)
def test_time(text: str) -> None:
    assert parse_time(text) == pytest.approx(TIMES[text], abs=1e-5)


UPTIMES = {
    "Up Less than a second": 0.0,
    "Up 1 second": 1.0,
    "Up 9 seconds (health: starting)": 9.0,
    "Up 59 seconds": 59.0,
    "Up About a minute": None,
    "Up 3 weeks (healthy)": None,
    "Restarting (3) Less than a second ago": 0.0,  # and it ran when it was inspected after that
    "Exited (0) 5 days ago": 0.0,
}


@pytest.mark.parametrize("status", UPTIMES)
def test_uptime_in_words(status: str) -> None:
    assert up_for({"Status": status}) == UPTIMES[status]
