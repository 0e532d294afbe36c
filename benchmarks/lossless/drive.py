"""Make changes one after the other while the load runs, and say what became of each."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from benchmarks.lossless.change import Change, Group, shuffled
from benchmarks.lossless.judge import Made, judge
from benchmarks.lossless.load import Load, Mix
from benchmarks.lossless.record import Failure, Record
from benchmarks.lossless.settings import Settings
from benchmarks.lossless.tool import Applied

REST_S = 0.7
"""Between two changes, so that what one does is not counted for the next."""
MOST_CHANGES = 5000


class Place(Protocol):
    """What a load can be sent to, and what can be changed: ours, or Compose's."""

    www: int
    extra: int
    tcp: int

    def apply(self) -> Applied:
        """Make true what the files say now."""


P = TypeVar("P", bound=Place)


@dataclass(frozen=True, slots=True)
class Amount:
    """At least so many requests, and each group of changes at least `rounds` times."""

    requests: int = 1
    seed: int = 1
    rounds: int = 1


@dataclass(slots=True)
class Outcome:
    """One run: who made the changes, with which HAProxy image, on which kind of network."""

    who: str
    proxy: str
    network: str
    changes: list[Made] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    before: list[Failure] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    left_out: list[str] = field(default_factory=list)
    elapsed_s: float = 0.0
    load_cpu_s: float = 0.0

    @property
    def failed(self) -> int:
        return len(self.before) + sum(len(made.failed) for made in self.changes)

    @property
    def lost(self) -> bool:
        """Whether anything happened that must not."""
        return bool(self.failed or any(made.cut or made.went_wrong for made in self.changes))


def make(place: P, change: Change[P]) -> Made:
    started = time.monotonic()
    change.act(place)
    applied = place.apply()
    return Made(
        change.name,
        started,
        applied.ended,
        applied.code,
        change.code,
        applied.impact,
        change.replaces,
        change.kills,
        applied.proxy_stops,
        applied.problems,
    )


def run(
    outcome: Outcome, place: P, groups: Sequence[Group[P]], amount: Amount, mix: Mix
) -> Outcome:
    """Drive a place that runs; `outcome` says who and where."""
    least = amount.rounds * sum(len(group.changes) for group in groups)
    changes = shuffled(groups, random.Random(amount.seed))  # noqa: S311  # an order that can be had again
    started = time.monotonic()
    with Load([place.www, place.extra], place.tcp, mix) as load:
        load.go_on(200)
        while len(outcome.changes) < MOST_CHANGES:
            if len(outcome.changes) >= least and load.requests() >= amount.requests:
                break
            for change in next(changes).changes:
                outcome.changes.append(make(place, change))
                _say(outcome, load)
                time.sleep(REST_S)
    outcome.elapsed_s = time.monotonic() - started
    outcome.record, outcome.load_cpu_s = load.record, load.cpu_s
    outcome.before = judge(load.record, outcome.changes, outcome.settings)
    return outcome


def _say(outcome: Outcome, load: Load) -> None:
    made = outcome.changes[-1]
    wrong = f"  EXIT {made.code}: {made.problems}" if made.went_wrong else ""
    print(
        f"{outcome.who} {outcome.proxy} {outcome.network} {len(outcome.changes):4} {made.name:<42}"
        f"{made.ended - made.started:6.1f} s  {made.impact:<9} {load.requests():>9,}{wrong}",
        file=sys.stderr,
        flush=True,
    )
