"""What the clients saw, with times of the monotonic clock, which all processes share."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

SLICES_PER_S = 10
MOST_FAILURES = 500_000
"""A bound on memory. Refused clients fail as fast as they are paced, for many seconds."""

LONG_KINDS = ("websocket", "tcp long")


@dataclass(frozen=True, slots=True)
class Failure:
    """Anything but the expected answer."""

    kind: str
    started: float
    ended: float
    what: str


@dataclass(frozen=True, slots=True)
class Long:
    """A connection that was opened to stay. `cut` says how it was ended by others, if so."""

    kind: str
    opened: float
    ended: float
    cut: str = ""


@dataclass(slots=True)
class Record:
    counts: dict[str, Counter[int]] = field(default_factory=dict)
    """Requests by kind and by slice of time, failed ones too; pings of long connections too."""
    failures: list[Failure] = field(default_factory=list)
    longs: list[Long] = field(default_factory=list)
    total: int = 0

    def request(self, kind: str, ended: float) -> None:
        self.counts.setdefault(kind, Counter())[int(ended * SLICES_PER_S)] += 1
        self.total += 1

    def failure(self, failure: Failure) -> None:
        self.request(failure.kind, failure.ended)
        if len(self.failures) < MOST_FAILURES:
            self.failures.append(failure)

    def requests(self, since: float, until: float) -> int:
        return sum(
            number
            for slices in self.counts.values()
            for at, number in slices.items()
            if since <= at / SLICES_PER_S < until
        )

    def by_kind(self) -> Iterator[tuple[str, int, int]]:
        """Kind, requests, failures."""
        failed = Counter(failure.kind for failure in self.failures)
        for kind, slices in sorted(self.counts.items()):
            yield kind, sum(slices.values()), failed[kind]

    def to_json(self) -> str:
        return json.dumps(
            {
                "counts": {kind: list(slices.items()) for kind, slices in self.counts.items()},
                "failures": [[f.kind, f.started, f.ended, f.what] for f in self.failures],
                "longs": [[c.kind, c.opened, c.ended, c.cut] for c in self.longs],
                "total": self.total,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Record:
        data = json.loads(text)
        return cls(
            {kind: Counter(dict(slices)) for kind, slices in data["counts"].items()},
            [Failure(*item) for item in data["failures"]],
            [Long(*item) for item in data["longs"]],
            data["total"],
        )
