"""The way to the engine breaks, or gives something else for an answer, at any request: no
traceback reaches a person, nothing is concluded from what is no answer, and the next apply goes on
from there.

Some faults of all there are, chosen by a seed; with FAULTS=all each of them, for an hour.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import MakeStack
from tests.integration.support import tool
from tests.integration.support.faults import KINDS, Fault, FaultyEngine, faulty_engine
from tests.integration.support.stack import Stack
from tests.integration.support.tool import Ended

SEED = int(os.environ.get("FAULTS_SEED", "7"))
SOME = {"plan": 18, "status": 12, "apply": 6, "destroy": 3}


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


def _assert_told(ended: Ended, fault: Fault, asked: str) -> None:
    """In words of a person; a fault that nobody noticed had nothing to tell."""
    about = f"{fault} at {asked}: exit code {ended.code}\n{ended.text}"
    assert "error[internal]" not in ended.text, about
    assert ended.code in {0, 1}, about
    assert ended.code == 0 or "error[" in ended.text, about


@pytest.mark.parametrize("command", ["plan", "status"])
def test_looking(stack: Stack, engine: FaultyEngine, command: str) -> None:
    stack.apply()
    stack.backend["env"] = {"EDITION": "2"}
    engine.arm(None)
    usual = _run(stack, engine, command)
    for fault in _sample(command, len(engine.requests)):
        engine.arm(fault)
        ended = _run(stack, engine, command)
        asked = engine.requests[min(fault.number, len(engine.requests)) - 1]
        _assert_told(ended, fault, asked)
        if ended.code == 0 and fault.kind in {"null", "a list", "a number", "cropped"}:
            assert ended.out == usual.out, f"{fault} at {asked} was taken for an answer"
    stack.plan()


def test_applying(stack: Stack, engine: FaultyEngine) -> None:
    stack.apply()
    edition = 1
    stack.backend["env"] = {"EDITION": str(edition)}
    engine.arm(None)
    assert _run(stack, engine, "apply", "--yes").code == 0
    for fault in _sample("apply", len(engine.requests)):
        edition += 1
        stack.backend["env"] = {"EDITION": str(edition)}
        engine.arm(fault)
        ended = _run(stack, engine, "apply", "--yes")
        _assert_told(ended, fault, engine.requests[min(fault.number, len(engine.requests)) - 1])
        stack.apply()
        stack.assert_whole()
    stack.assert_converged()


def test_destroying(make_stack: MakeStack, engine: FaultyEngine) -> None:
    stack = make_stack()
    stack.apply()
    engine.arm(None)
    assert _run(stack, engine, "destroy", "--yes").code == 0
    for fault in _sample("destroy", len(engine.requests)):
        stack.apply()
        engine.arm(fault)
        ended = _run(stack, engine, "destroy", "--yes")
        _assert_told(ended, fault, engine.requests[min(fault.number, len(engine.requests)) - 1])
        stack.destroy()
        stack.await_gone()
