"""Fixtures. Each test has topologies of its own, with names and ports that nobody else has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.images import HAPROXY
from tests.integration.support.stack import Stack, swept
from tests.integration.support.world import World

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
    return HAPROXY


@pytest.fixture
def make_stack(world: World, tmp_path: Path, haproxy_image: str) -> Iterator[MakeStack]:
    with contextlib.ExitStack() as made:
        yield lambda: made.enter_context(swept(Stack(world, tmp_path, haproxy_image)))


@pytest.fixture
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()
