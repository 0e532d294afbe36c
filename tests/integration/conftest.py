"""Fixtures. Each test has topologies of its own, with names and ports that nobody else has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.engine.docker.engine import DockerEngine
from reconciler.engine.protocol import Patience
from reconciler.plan.desired import Desired
from reconciler.run.apply import ApplyOptions, apply
from tests.integration.support.stack import Stack
from tests.integration.support.world import HAPROXY_30, World

MakeStack = Callable[[], Stack]


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Fails where no Docker engine answers: these tests prove nothing without one."""
    found = World()
    yield found
    found.close()


@pytest.fixture
def haproxy_image() -> str:
    """Tests that matter on several versions parametrise this."""
    return HAPROXY_30


@pytest.fixture
def make_stack(world: World, tmp_path: Path, haproxy_image: str) -> Iterator[MakeStack]:
    """Makes topologies, and afterwards removes them as the tool's users would."""
    made: list[Stack] = []

    def make() -> Stack:
        stack = Stack(world, tmp_path, haproxy_image)
        made.append(stack)
        return stack

    yield make
    for stack in made:
        try:
            remove(stack)
        finally:
            world.sweep(stack.name)


@pytest.fixture
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


def remove(stack: Stack) -> None:
    """Destroy through the library, and see that nothing is left."""
    if stack.world.leftovers(stack.name):
        desired = Desired(stack.name, lock_image=HAPROXY_30)
        with DockerEngine(stack.name) as engine:
            result = apply(
                desired, engine, ApplyOptions(remove_volumes=True, holder="a test's end"),
                Patience(30.0), lambda _: True, lambda _: None,
            )  # fmt: skip
        assert result.converged, result.failures
    stack.await_gone()
