"""All replicas get another environment variable, while somebody asks."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from benchmarks.goals import Row
from benchmarks.pairs import Contender, report, take_turns
from benchmarks.world import World, has_compose, world

REPLICAS = 10
SURGE = "rollout: {max_surge: 100%}, "


def measure_roll(rounds: int) -> list[Row]:
    with world(REPLICAS, SURGE) as made:
        versions = count(1)

        def roll() -> None:
            made.set_version(next(versions))
            made.tool("apply", "--yes")

        def recreate() -> None:
            made.set_version(next(versions))
            made.compose("up", "--detach", "--timeout", "1")

        roll()
        contenders = [Contender("reconciler", roll)]
        if has_compose():
            recreate()
            contenders.append(Contender("compose", recreate))
        with _asking(made) as answers:
            times = take_turns(contenders, rounds or 3)
    what = f"roll {REPLICAS} (new env), all at once"
    failed = answers.count(False)
    print(f"requests meanwhile: {len(answers):,}, failed: {failed}")
    lost = Row(f"{what}: requests lost", str(failed), f"of {len(answers):,}", failed, 0, "lost")
    return [*report(what, times, "reconciler", {"compose": 1.5}), lost]


@contextmanager
def _asking(made: World) -> Iterator[list[bool]]:
    """Whether each request of one client, on a connection of its own, was answered well. None is
    repeated."""
    answers: list[bool] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
            try:
                connection.request("GET", "/")
                answers.append(connection.getresponse().status == 200)
            except OSError:
                answers.append(False)
            finally:
                connection.close()
            time.sleep(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        ended.set()
        thread.join()
