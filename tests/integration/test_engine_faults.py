"""The way to the engine breaks, or gives something else for an answer, at any request: no
traceback reaches a person, nothing is concluded from what is no answer, and the next apply goes on
from there.

Some faults of all there are, chosen by a seed; with FAULTS=all each of them, for an hour.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.support import tool
from tests.integration.support.faults import KINDS, Fault, FaultyEngine, faulty_engine
from tests.integration.support.stack import Stack
from tests.integration.support.tool import Ended
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import Watching, watching
from tests.integration.support.world import slot_of

SEED = int(os.environ.get("FAULTS_SEED", "7"))
SOME = {"plan": 12, "status": 8, "apply": 3, "destroy": 1}
NO_ANSWERS = {"null", "a list", "a number", "cropped", "half"}
KEPT = 12
"""Connections that a daemon may have more of when it was busy: its pools are as large, and no
larger, however many have broken."""
USUAL_DESTROY = 40
"""Requests of a whole one, about."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FaultyEngine]:
    with faulty_engine(tmp_path) as made:
        yield made


def _sample(command: str, requests: int) -> list[Fault]:
    every = [Fault(number, kind) for number in range(1, requests + 1) for kind in KINDS]
    if os.environ.get("FAULTS") == "all":
        return every
    return random.Random(f"{SEED} {command}").sample(every, SOME[command])  # noqa: S311  # no secret


def _run(stack: Stack, engine: FaultyEngine, *arguments: str) -> Ended:
    stack.write()
    env = {**stack.env, "DOCKER_HOST": engine.docker_host}
    return tool.run([*arguments, str(stack.file)], stack.directory, env=env)


def _edit(stack: Stack, edition: int) -> None:
    stack.backend["env"] = {"EDITION": str(edition)}


def _assert_told(ended: Ended, fault: Fault, engine: FaultyEngine) -> None:
    """In words of a person; a fault that nobody noticed had nothing to tell."""
    asked = engine.requests[min(fault.number, len(engine.requests)) - 1]
    about = f"{fault} at {asked}: exit code {ended.code}\n{ended.text}"
    assert "error[internal]" not in ended.text, about
    assert ended.code in {0, 1}, about
    assert ended.code == 0 or "error[" in ended.text, about


def test_looking(stack: Stack, engine: FaultyEngine) -> None:
    stack.apply()
    stack.backend["env"] = {"EDITION": "2"}
    for command in ("plan", "status"):
        engine.arm(None)
        usual = _run(stack, engine, command)
        for fault in _sample(command, len(engine.requests)):
            engine.arm(fault)
            ended = _run(stack, engine, command)
            _assert_told(ended, fault, engine)
            if ended.code == 0 and fault.kind in NO_ANSWERS and command == "plan":
                assert ended.out == usual.out, f"{fault} was taken for an answer"


def test_changing(stack: Stack, engine: FaultyEngine) -> None:
    """One fault after another, and none of them is mended between them."""
    stack.apply()
    edition = 1
    engine.arm(None)
    _edit(stack, edition)
    assert _run(stack, engine, "apply", "--yes").code == 0
    for fault in _sample("apply", len(engine.requests)):
        edition += 1
        _edit(stack, edition)
        engine.arm(fault)
        _assert_told(_run(stack, engine, "apply", "--yes"), fault, engine)
    stack.apply()
    stack.assert_converged()
    for fault in _sample("destroy", USUAL_DESTROY):
        engine.arm(fault)
        _assert_told(_run(stack, engine, "destroy", "--yes"), fault, engine)
    stack.destroy()
    stack.await_gone()


def test_a_daemon(stack: Stack, engine: FaultyEngine) -> None:
    """It goes on, whatever its passes and its hearing meet; then all is as the file says."""
    _edit(stack, 1)
    stack.write()
    env = {**stack.env, "DOCKER_HOST": engine.docker_host}
    with watching(stack.file, directory=stack.directory, env=env) as daemon:
        daemon.await_outcome("converged")
        opened = _descriptors(daemon)
        engine.arm_often(f"{SEED} watch")
        for edition in range(2, 5):
            daemon.forget()
            _edit(stack, edition)
            stack.write()
            daemon.await_said("a pass ends", lambda said: said["event"] == "pass_ended")
        engine.arm(None)
        _edit(stack, 5)
        stack.write()
        await_true(lambda: _runs(stack, 5), "the last edition runs")
        assert "internal" not in json.dumps(daemon.said)
        await_true(
            lambda: _descriptors(daemon) <= opened + KEPT, "what broke is closed: nothing leaks"
        )
        daemon.end()
    stack.apply()
    stack.assert_converged()


def _descriptors(daemon: Watching) -> int:
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def _runs(stack: Stack, edition: int) -> bool:
    """Whether all of the backend's containers are of one edition."""
    found = [c["Config"]["Env"] for c in stack.containers() if slot_of(c) != "haproxy"]
    return len(found) == 2 and all(f"EDITION={edition}" in env for env in found)
