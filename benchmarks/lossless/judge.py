"""What was lost in which change, and what of it is to be expected and counted apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.lossless.record import LONG_KINDS, Failure, Long, Record
from benchmarks.lossless.settings import Settings

EARLY_S = 0.5
LATE_S = 3.0


@dataclass(slots=True)
class Made:
    """A change that was made, and what clients saw until the next."""

    name: str
    started: float
    ended: float
    code: int
    expected_code: int
    impact: str = ""
    replaces: bool = False
    kills: bool = False
    proxy_stops: Sequence[tuple[float, float]] = ()
    """Spans in which a worker or a container of HAProxy was asked to end."""
    problems: Sequence[str] = ()
    requests: int = 0
    failed: list[Failure] = field(default_factory=list)
    in_flight: list[Failure] = field(default_factory=list)
    """Lost with the container that was killed while it worked on them."""
    cut: list[Long] = field(default_factory=list)
    apart: Counter[str] = field(default_factory=Counter)
    """Long connections that others ended, as was to be expected, by why."""

    @property
    def went_wrong(self) -> bool:
        return self.code != self.expected_code

    @property
    def refused_s(self) -> float:
        """The span in which new connections failed."""
        failed = [f for f in self.failed if f.kind == "one-shot"]
        return max(f.ended for f in failed) - min(f.started for f in failed) if failed else 0.0


def judge(record: Record, changes: Sequence[Made], settings: Settings) -> list[Failure]:
    """Fill in what happened in each change; what failed before the first is returned."""
    before = [f for f in record.failures if not changes or f.ended < changes[0].started]
    ends = [made.started for made in changes[1:]] + [float("inf")]
    for made, until in zip(changes, ends, strict=True):
        made.requests = record.requests(made.started, min(until, made.ended + LATE_S))
        for failure in record.failures:
            if made.started <= failure.ended < until:
                lost = made.in_flight if _is_in_flight(failure, made) else made.failed
                lost.append(failure)
        for long in record.longs:
            if long.cut and made.started <= long.ended < until:
                if reason := _expected(long, made, changes, settings):
                    made.apart[reason] += 1
                else:
                    made.cut.append(long)
    return before


def _is_in_flight(failure: Failure, made: Made) -> bool:
    """Slow requests, and TCP, which nobody may send twice. Those of a `slow` kind began before."""
    if not made.kills:
        return False
    if failure.kind == "slow":
        return failure.started <= made.started
    return failure.kind in {"tcp", *LONG_KINDS}


def _expected(long: Long, made: Made, changes: Sequence[Made], settings: Settings) -> str:
    if made.kills and long.ended <= made.started + EARLY_S:
        return "killed"
    drained = made.started + settings.drain_timeout - EARLY_S
    if made.replaces and drained <= long.ended <= made.ended + EARLY_S:
        return "drain_timeout"
    after = settings.hard_stop_after
    for begun, done in (span for other in changes for span in other.proxy_stops):
        is_due = begun + after - EARLY_S <= long.ended <= done + after + LATE_S
        if long.opened <= done and is_due:
            return "hard_stop_after"
    return ""
