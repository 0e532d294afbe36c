"""From nothing to replicas behind HAProxy, and back."""

from __future__ import annotations

from benchmarks.goals import Row
from benchmarks.pairs import Contender, report, take_turns
from benchmarks.world import World, has_compose, world

GOALS = {3: {"compose": 1.0}, 30: {"compose": 0.6, "bare requests": 1.15}}
"""By the number of replicas. Compose has done its part when containers are started, the tool when
each server is up."""
FEW, MANY, GROWTH = 30, 300, 11.0
"""Ten times the replicas may take so many times as long."""


def measure_create(rounds: int) -> list[Row]:
    rows: list[Row] = []
    for replicas, goals in GOALS.items():
        with world(replicas) as made:
            times = take_turns(_creating(made), rounds or 3)
        rows += report(f"create {replicas} and HAProxy", times, "reconciler", goals)
    return [*rows, *_growth(rounds)]


def measure_destroy(rounds: int) -> list[Row]:
    with world(FEW) as made:
        contenders = [
            Contender(one.name, one.reset, one.run)
            for one in _creating(made)
            if one.name != "bare requests"
        ]
        for contender in contenders:
            contender.reset()  # what is to be removed is made between the turns
        times = take_turns(contenders, rounds or 3)
    return report(f"destroy {FEW} and HAProxy", times, "reconciler", {"compose": 0.7})


def _growth(rounds: int) -> list[Row]:
    """Only of the tool: Compose was seen to fail with so many."""
    took = {}
    for replicas in (FEW, MANY):
        with world(replicas) as made:
            took[replicas] = take_turns(_creating(made)[:1], rounds or 1)["reconciler"]
    few, many = (sorted(took[replicas])[0] for replicas in (FEW, MANY))
    print(f"\ncreate {MANY}: {many:.1f} s, {many / few:.1f} times as long as {FEW}")
    return [
        Row(
            f"create {MANY} and HAProxy",
            f"{many:.1f} s",
            f"{FEW}: {few:.1f} s",
            many / few,
            GROWTH,
            "times",
        )
    ]


def _creating(made: World) -> list[Contender]:
    contenders = [
        Contender(
            "reconciler", lambda: made.tool("apply", "--yes"), lambda: made.tool("destroy", "--yes")
        ),
        Contender("bare requests", made.bare, made.remove_bare),
    ]
    if has_compose():
        contenders.append(
            Contender(
                "compose",
                lambda: made.compose("up", "--detach"),
                lambda: made.compose("down", "--timeout", "1"),
            )
        )
    return contenders
