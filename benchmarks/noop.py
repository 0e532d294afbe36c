"""An apply that has nothing to do, as a whole process; and how many requests it makes."""

from __future__ import annotations

from benchmarks.goals import Row
from benchmarks.pairs import Contender, report, take_turns
from benchmarks.world import World, has_compose, world

SIZES = {3: 1.2, 100: 1.0}
"""Replicas, and the goal for the ratio to Compose."""


def measure_noop(rounds: int) -> list[Row]:
    rows: list[Row] = []
    for replicas, goal in SIZES.items():
        with world(replicas) as made:
            made.tool("apply", "--yes")
            if has_compose():
                made.compose("up", "--detach")
            times = take_turns(_contenders(made), rounds or 15)
        what = f"nothing to do, {replicas} replicas"
        rows += report(what, times, "reconciler", {"compose": goal})
    return rows


def _contenders(made: World) -> list[Contender]:
    contenders = [Contender("reconciler", lambda: made.tool("apply", "--yes"))]
    if has_compose():
        contenders.append(Contender("compose", lambda: made.compose("up", "--detach")))
    return contenders
