"""The Docker engine hangs or dies while its containers run: traffic goes on, whatever HAProxy does
meanwhile. Docker's DNS, which HAProxy follows names with, is part of the engine."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.images import BOTH_HAPROXIES, ECHO
from tests.integration.support.private_engine import PrivateEngine, private_engine
from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

AWAY_S = 60.0
"""Longer than HAProxy holds what it knew when nothing else is said: 30 s."""
OPTIONS = ("--live-restore", "--userland-proxy=false")
"""The proxies for 127.0.0.1 would end with the engine; where clients come from elsewhere, the
kernel takes their place."""
OUTAGES: dict[str, Callable[[PrivateEngine], AbstractContextManager[None]]] = {
    "hung": PrivateEngine.hung,
    "dead": PrivateEngine.dead,
}


@pytest.fixture(scope="module", params=list(BOTH_HAPROXIES.values()), ids=list(BOTH_HAPROXIES))
def private(request: pytest.FixtureRequest) -> Iterator[tuple[PrivateEngine, str]]:
    with private_engine(ECHO, request.param, options=OPTIONS) as engine:
        yield engine, request.param


@pytest.fixture
def stack(private: tuple[PrivateEngine, str], tmp_path: Path) -> Iterator[Stack]:
    engine, image = private
    world = World(engine.url)
    made = Stack(world, tmp_path, image)
    made.env["DOCKER_HOST"] = engine.url
    yield made
    world.close()  # its connections are to an engine that was away
    world = World(engine.url)
    world.sweep(made.name)
    world.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("outage", OUTAGES)
def test_traffic_goes_on_without_the_engine(
    stack: Stack, private: tuple[PrivateEngine, str], outage: str
) -> None:
    engine, _ = private
    stack.apply()
    inspected = stack.world.api.inspect_container(stack.haproxy)
    with OUTAGES[outage](engine):
        end = time.monotonic() + AWAY_S
        with Traffic(stack.port, longest_s=2 * AWAY_S, enter=engine.enter) as traffic:
            await_true(lambda: time.monotonic() > end - AWAY_S / 3, "the holds are over", AWAY_S)
            os.kill(inspected["State"]["Pid"], signal.SIGUSR2)  # a new worker, which knows nothing
            await_true(lambda: time.monotonic() > end, "all of the outage", AWAY_S)
        traffic.assert_lossless()
    stack.apply("--max-impact", "none")
