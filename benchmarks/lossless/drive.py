"""Make changes one after the other while the load runs, and say what became of each."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.lossless.changes import Change, possible, shuffled
from benchmarks.lossless.judge import Made, judge
from benchmarks.lossless.load import Load, Mix
from benchmarks.lossless.record import Failure, Record
from benchmarks.lossless.site import Site, site
from benchmarks.lossless.tool import Applied

REST_S = 0.7
"""Between two changes, so that what one does is not counted for the next."""
MOST_CHANGES = 5000


@dataclass(slots=True)
class Outcome:
    """One run: a HAProxy image on one kind of network."""

    proxy: str
    network: str
    changes: list[Made] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    before: list[Failure] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    elapsed_s: float = 0.0
    load_cpu_s: float = 0.0


def make(site: Site, change: Change) -> Made:
    started = time.monotonic()
    change.act(site)
    applied = site.apply()
    return _made(change, applied, started)


def _made(change: Change, applied: Applied, started: float) -> Made:
    return Made(
        change.name, started, applied.ended, applied.code, change.code, applied.impact,
        change.replaces, change.kills, [*applied.reloads, *applied.proxy_replaced],
        applied.problems,
    )  # fmt: skip


def run(proxy: str, network: str, requests: int, seed: int, mix: Mix, rounds: int = 1) -> Outcome:
    """At least so many requests, and every change at least `rounds` times."""
    outcome = Outcome(proxy, network)
    with site(proxy, network) as made:
        found, outcome.left_out = possible(made, network)
        least = rounds * sum(len(group.changes) for group in found)
        changes = shuffled(found, random.Random(seed))
        started = time.monotonic()
        with Load([made.www, made.extra], made.tcp, mix) as load:
            load.go_on(200)
            for number, change in enumerate(_bounded(changes)):
                is_whole = number >= least and number % least == 0
                if is_whole and load.requests() >= requests:
                    break
                outcome.changes.append(make(made, change))
                _say(outcome, load)
                time.sleep(REST_S)
        outcome.elapsed_s = time.monotonic() - started
        outcome.record, outcome.load_cpu_s = load.record, load.cpu_s
    outcome.before = judge(load.record, outcome.changes)
    return outcome


def _bounded(changes: Iterable[Change]) -> Iterable[Change]:
    return (change for _, change in zip(range(MOST_CHANGES), changes, strict=False))


def _say(outcome: Outcome, load: Load) -> None:
    made = outcome.changes[-1]
    wrong = f"  EXIT {made.code}: {made.problems}" if made.went_wrong else ""
    print(
        f"{outcome.proxy} {outcome.network} {len(outcome.changes):4} {made.name:<42}"
        f"{made.ended - made.started:6.1f} s  {made.impact:<9} {load.requests():>9,}{wrong}",
        file=sys.stderr, flush=True,
    )  # fmt: skip
