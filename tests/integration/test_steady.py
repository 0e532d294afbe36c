"""A look at one moment is no state: what crashes soon after each start is never ready."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.images import ECHO
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import watching


def _crashing(**more: object) -> dict[str, object]:
    """It runs for a moment, ends, and Docker starts it again."""
    script = "echo no DATABASE_URL; sleep 0.3; exit 3"
    return {"image": ECHO, "entrypoint": ["sh", "-c"], "command": [script], **more}


@pytest.mark.parametrize("more", [{}, {"port": 8080, "check": False}])
def test_a_first_apply_of_what_crashes_is_not_converged(
    stack: Stack, more: dict[str, object]
) -> None:
    stack.spec["backends"]["worker"] = _crashing(**more)
    failed = stack.apply(expect=1)
    said = failed.out + failed.err
    assert "ended and was restarted by Docker" in said
    assert "no DATABASE_URL" in said


def _crashing_until_mended(directory: Path) -> dict[str, object]:
    script = "while [ -e /given/well ]; do sleep 0.2; done; sleep 0.5; exit 3"
    return {
        "image": ECHO,
        "entrypoint": ["sh", "-c"],
        "command": [script],
        "volumes": [f"{directory}:/given:ro"],
        "stop_grace_period": "1s",
    }


def _restarts(stack: Stack) -> int:
    return int(stack.by_slot()["worker-1"]["RestartCount"])


def test_an_apply_looks_again_until_it_is_steady(stack: Stack, tmp_path: Path) -> None:
    """With nothing to do it waits only for what was started anew just now."""
    stack.spec["backends"]["worker"] = _crashing_until_mended(tmp_path)
    (tmp_path / "well").touch()
    stack.apply()
    (tmp_path / "well").unlink()
    await_true(lambda: _restarts(stack) >= 2, "it crashed")
    failed = stack.apply(expect=1)
    assert "ended and was restarted by Docker" in failed.out + failed.err
    (tmp_path / "well").touch()
    mended = datetime.now(UTC).isoformat()  # what runs now ends once more
    await_true(lambda: stack.by_slot()["worker-1"]["State"]["StartedAt"] > mended, "it runs")
    stack.apply()
    assert "up to date" in stack.apply().out


@pytest.mark.long
def test_a_daemon_tells_it_once_and_its_end(stack: Stack, tmp_path: Path) -> None:
    stack.spec["backends"]["worker"] = _crashing_until_mended(tmp_path)
    stack.write()
    with watching(stack.directory, directory=stack.directory) as daemon:
        daemon.await_outcome("failed")
        await_true(lambda: _restarts(stack) >= 6, "it crashed again and again")
        passes = [said for said in daemon.said if said["event"] == "pass_ended"]
        assert {said["outcome"] for said in passes} == {"failed"}
        (tmp_path / "well").touch()
        daemon.await_outcome("unchanged")
        assert daemon.end() == 0
