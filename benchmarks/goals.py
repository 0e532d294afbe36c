"""What the benchmarks came to, beside what they are to reach, and the page that tells it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.engine import api_client
from tests.images import HAPROXY, tag_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One goal. `reached` and `goal`, which is the most it may be, are in the same unit."""

    what: str
    ours: str
    beside: str
    reached: float
    goal: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.reached <= self.goal

    def __str__(self) -> str:
        reached, goal = (_told(number, self.unit) for number in (self.reached, self.goal))
        shown = reached if self.is_met else f"**{reached}**"
        return f"| {self.what} | {self.ours} | {self.beside} | {shown} | {goal} |"


def _told(number: float, unit: str) -> str:
    return f"{number:.0f} {unit}" if number >= 100 else f"{number:.3g} {unit}"


def limit(what: str, reached: float, goal: float, unit: str = "ms", beside: str = "") -> Row:
    """A goal for a number itself, and no ratio."""
    return Row(what, _told(reached, unit), beside, reached, goal, unit)


_HEAD = """# Performance

`make bench` measures this and writes this page. Times are medians of whole processes, in turns with
what stands beside them; a ratio is the median of those of the pairs. **Bold** is more than the
goal: `reconciler apply --trace FILE` shows where the time goes.
"""


def write_page(rows: Sequence[Row]) -> None:
    """All of it, anew."""
    missed = [row.what for row in rows if not row.is_met]
    lines = [
        _HEAD,
        *(f"- {line}" for line in _machine()),
        "",
        "| what | here | beside | reached | goal, at most |",
        "| --- | --- | --- | --- | --- |",
        *map(str, rows),
        "",
        f"Missed: {', '.join(missed)}." if missed else "All goals are met.",
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _machine() -> list[str]:
    client = api_client()
    docker = client.version()["Version"]
    client.close()
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    cpu = model[1] if model else platform.machine()
    commit = _said("git", "rev-parse", "--short", "HEAD")
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    versions = [f"Docker {docker}", f"HAProxy {tag_of(HAPROXY)}", _compose()]
    return [
        f"{datetime.now(UTC):%d %B %Y}, commit {commit}, load at the end {load}, its own among it",
        f"{os.cpu_count()} cores of {cpu}, Linux {platform.release()}",
        ", ".join([*versions, f"Python {platform.python_version()}"]),
    ]


def _compose() -> str:
    compose = os.environ.get("COMPOSE")
    return f"Compose {_said(compose, 'version', '--short')}" if compose else "no Compose"


def _said(*command: str) -> str:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
