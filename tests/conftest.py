"""The markers of whole directories: `engine` is for what needs a Docker engine, `everywhere` for
what is run on each engine and each HAProxy, not on one alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.order import dealt

TESTS = Path(__file__).parent

EVERYWHERE = (
    "contract",
    "golden/test_configs.py",
    "integration/test_quickstart.py",
    "integration/test_rollout.py",
    "integration/test_failures.py",
    "integration/test_traffic.py",
    "integration/test_drift.py",
)
"""What an engine is asked and does, what HAProxy reads, a whole life, a roll-out, what fails on the
way, requests meanwhile, and what others change: a file, or all of a directory."""


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    chosen = [TESTS / part for part in EVERYWHERE]
    for item in items:
        if any(item.path.is_relative_to(path) for path in chosen):
            item.add_marker("everywhere")
        if item.path.is_relative_to(TESTS / "integration"):  # other tests say it themselves
            item.add_marker("engine")


@pytest.hookimpl(tryfirst=True)  # before xdist is told
def pytest_collection_finish(session: pytest.Session) -> None:
    """Those that were chosen are put in order."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in session.items if item.get_closest_marker("long")]
    short = [item for item in session.items if not item.get_closest_marker("long")]
    session.items[:] = dealt(long, short, workers)
