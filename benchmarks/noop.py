"""An apply that has nothing to do, as a whole process; and how many requests it makes."""

from __future__ import annotations

from benchmarks.pairs import Contender, report, take_turns
from benchmarks.world import World, has_compose, world

SIZES = {3: 2.5, 100: 1.2}
"""Replicas, and the goal for the ratio to Compose."""


def measure_noop(rounds: int) -> None:
    for replicas, goal in SIZES.items():
        with world(replicas) as made:
            made.tool("apply", "--yes")
            if has_compose():
                made.compose("up", "--detach")
            times = take_turns(_contenders(made), rounds or 15)
        report(f"nothing to do, {replicas} replicas", times, "reconciler", {"compose": goal})


def _contenders(made: World) -> list[Contender]:
    contenders = [Contender("reconciler", lambda: made.tool("apply", "--yes"))]
    if has_compose():
        contenders.append(Contender("compose", lambda: made.compose("up", "--detach")))
    return contenders
