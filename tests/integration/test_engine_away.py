"""The Docker engine hangs or dies while its containers run: traffic goes on, whatever HAProxy does
meanwhile. Docker's DNS, which HAProxy follows names with, is part of the engine."""

from __future__ import annotations

import contextlib
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


@pytest.fixture
def engine() -> Iterator[PrivateEngine]:
    with private_engine(ECHO, *BOTH_HAPROXIES.values(), options=OPTIONS) as started:
        yield started
        with contextlib.closing(World(started.url)) as world:  # they would outlive their engine
            for container in world.api.containers(all=True):
                world.remove(container["Id"])


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("outage", OUTAGES)
def test_traffic_goes_on_without_the_engine(
    engine: PrivateEngine, tmp_path: Path, outage: str
) -> None:
    """Through both versions of HAProxy at once, since an outage takes its time."""
    with contextlib.closing(World(engine.url)) as world:
        stacks = [_applied(world, tmp_path, image, engine) for image in BOTH_HAPROXIES.values()]
        masters = [world.api.inspect_container(s.haproxy)["State"]["Pid"] for s in stacks]
    with OUTAGES[outage](engine):
        end = time.monotonic() + AWAY_S
        with contextlib.ExitStack() as stop:
            traffics = [stop.enter_context(_traffic(stack, engine)) for stack in stacks]
            await_true(lambda: time.monotonic() > end - AWAY_S / 3, "the holds are over", AWAY_S)
            for master in masters:
                os.kill(master, signal.SIGUSR2)  # a new worker, which knows nothing
            await_true(lambda: time.monotonic() > end, "all of the outage", AWAY_S)
            for traffic in traffics:
                traffic.go_on()
    for stack, traffic in zip(stacks, traffics, strict=True):
        traffic.assert_lossless()
        stack.apply("--max-impact", "none")


def _applied(world: World, directory: Path, image: str, engine: PrivateEngine) -> Stack:
    stack = Stack(world, directory, image)
    stack.env["DOCKER_HOST"] = engine.url
    stack.apply()
    return stack


def _traffic(stack: Stack, engine: PrivateEngine) -> Traffic:
    return Traffic(stack.port, one_shot=1, keep_alive=1, longest_s=2 * AWAY_S, enter=engine.enter)
