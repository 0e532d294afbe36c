"""The Docker engine ends in the middle of an apply, and comes back: the next one completes it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images import ECHO, HAPROXY
from tests.integration.support import tool
from tests.integration.support.private_engine import PrivateEngine, private_engine
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import watching
from tests.integration.support.world import World

DEFAULTS = (
    "--default-ulimit=nofile=1024:2048",
    "--default-shm-size=32M",
    "--default-ipc-mode=shareable",
    "--log-driver=local",
    "--log-opt=max-size=5m",
    "--init",
)
"""What an engine does to every container is no difference from the file."""


@pytest.fixture(scope="module")
def private() -> Iterator[PrivateEngine]:
    with private_engine(ECHO, HAPROXY, options=DEFAULTS) as engine:
        yield engine


@pytest.fixture
def stack(private: PrivateEngine, tmp_path: Path) -> Iterator[Stack]:
    world = World(private.url)
    made = Stack(world, tmp_path)
    made.env["DOCKER_HOST"] = private.url
    made.backend.update(replicas=3, check={"interval": "200ms", "rise": 1})
    yield made
    world.close()  # its connections are to an engine that has ended
    world = World(private.url)
    world.sweep(made.name)
    world.close()


def _change(stack: Stack, version: int = 2) -> None:
    stack.backend["env"] = {"VERSION": str(version)}


def _assert_up_to_date(stack: Stack) -> None:
    """In the private engine's network, which requests from here do not reach."""
    plan = stack.plan("--detailed-exitcode").out
    assert "3 of 3 servers up" in plan


def test_the_engine_goes_away_in_the_middle(stack: Stack, private: PrivateEngine) -> None:
    stack.apply()
    for version, number in enumerate((signal.SIGTERM, signal.SIGKILL), 2):
        _change(stack, version)
        stack.write()
        arguments = ["apply", "--yes", "--timeout", "20s", str(stack.file)]
        with tool.start(arguments, stack.directory, stack.env) as process:
            assert process.stdout is not None
            while "send traffic to" not in (line := process.stdout.readline()):
                assert line, "it ended before"
            private.restart(number)
            said = process.stdout.read()
        assert process.returncode == 1, said
        assert "Traceback" not in said
        assert "error[" in said
        stack.apply()
        _assert_up_to_date(stack)

    # HAProxy may have been started before its anchor, which fails, and Docker leaves it so.
    stack.spec["haproxy"]["upgrade"] = "handover"
    stack.apply()
    private.restart(signal.SIGTERM)
    stack.apply("--max-impact", "none")
    _assert_up_to_date(stack)


def test_a_daemon_outlives_the_engine(stack: Stack, private: PrivateEngine) -> None:
    stack.write()
    with watching(stack.directory, directory=stack.directory, env=stack.env) as daemon:
        daemon.await_outcome("converged")
        for number in (signal.SIGTERM, signal.SIGKILL):
            daemon.forget()
            private.restart(number)
            daemon.await_said("it is back", lambda s: "the engine is back" in s.get("cause", ""))
        daemon.forget()
        _change(stack)
        stack.write()
        daemon.await_said("the edit", lambda s: s.get("impact") == "replace")
        await_true(lambda: "up to date" in stack.plan().out, "all is as the file says")
        assert daemon.end() == 0
    _assert_up_to_date(stack)
