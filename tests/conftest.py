"""The markers of whole directories: `engine` is for what needs a Docker engine, `everywhere` for
what is run on each engine and each HAProxy, not on one alone."""

from __future__ import annotations

from pathlib import Path

import pytest

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
