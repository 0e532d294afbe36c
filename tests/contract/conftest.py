"""Each test runs on every engine. A Docker engine that does not answer is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconciler.engine.docker.engine import DockerEngine
from reconciler.engine.memory import MemoryEngine
from tests.contract.bench import Bench, random_name
from tests.contract.hands import DockerHand, MemoryHand, memory_world

ENGINES = ("memory", pytest.param("docker", marks=pytest.mark.engine))


@contextmanager
def open_bench(kind: str) -> Iterator[Bench]:
    topology = random_name()
    if kind == "memory":
        world = memory_world()
        yield Bench(kind, MemoryEngine(topology, world), MemoryHand(world), topology)
        return
    hand = DockerHand()
    with DockerEngine(topology) as engine:
        try:
            yield Bench(kind, engine, hand, topology)
        finally:
            hand.clean(topology)


@pytest.fixture(params=ENGINES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """An engine with nothing of its topology on it."""
    with open_bench(request.param) as opened:
        yield opened


@pytest.fixture(scope="module", params=ENGINES)
def running(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A topology that runs: for tests to look at where no other of the module has `topology`."""
    with open_bench(request.param) as opened:
        opened.apply(opened.wish())
        yield opened


@pytest.fixture
def topology(running: Bench) -> Bench:
    """A topology that runs, for one test to change or break: that of the module, as it was before
    other tests. To restore it is quicker than to make another."""
    running.restore()
    return running
