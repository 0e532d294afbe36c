"""From nothing to replicas behind HAProxy."""

from __future__ import annotations

from benchmarks.pairs import Contender, report, take_turns
from benchmarks.world import has_compose, world

REPLICAS = 30


def measure_create(rounds: int) -> None:
    with world(REPLICAS) as made:
        contenders = [
            Contender(
                "reconciler",
                lambda: made.tool("apply", "--yes"),
                lambda: made.tool("destroy", "--yes"),
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
        times = take_turns(contenders, rounds or 3)
    report(
        f"create {REPLICAS} replicas and HAProxy",
        times,
        "reconciler",
        {"compose": 0.7, "bare requests": 1.2},
    )
